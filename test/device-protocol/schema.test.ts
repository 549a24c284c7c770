/** The combinators: what each takes, refuses, writes, and says in CDDL. */
import { describe, expect, test } from 'vitest';
import type { Cbor } from '../../device-protocol/src/cbor/cbor.ts';
import {
  bool,
  bytes,
  field,
  list,
  Mismatch,
  map,
  oneOf,
  optional,
  type Schema,
  text,
  uint,
} from '../../device-protocol/src/schema.ts';

const two = map({ a: field(0, uint(9)), b: optional(1, text(3)) }, 'refused');
const open = map({ a: field(0, uint(9)) }, 'ignored');
const m = (...entries: [number, Cbor][]): Cbor => new Map(entries);

/** A schema whose type is forgotten. */
type AnySchema = Pick<Schema<unknown>, 'parse' | 'cddl'> & { readonly write: (value: never) => Cbor };
type Row = { name: string; schema: AnySchema; takes: Cbor[]; refuses: Cbor[] };
const rows: Row[] = [
  {
    name: 'uint(9)',
    schema: uint(9),
    takes: [0, 9],
    refuses: [10, 2 ** 53 - 1, '1', true, [], m(), new Uint8Array(1)],
  },
  { name: 'uint()', schema: uint(), takes: [0, 2 ** 53 - 1], refuses: ['0', false] },
  {
    name: 'bytes(2)',
    schema: bytes(2),
    takes: [new Uint8Array(2)],
    refuses: [new Uint8Array(1), new Uint8Array(3), 'ab', 2, [1, 2]],
  },
  {
    name: 'bytes(0, 2)',
    schema: bytes(0, 2),
    takes: [new Uint8Array(0), new Uint8Array(2)],
    refuses: [new Uint8Array(3), ''],
  },
  {
    name: 'text(3)',
    schema: text(3),
    takes: ['', 'abc', '漢'],
    refuses: ['abcd', '漢a', 'éé', '\ud800', 3, new Uint8Array(3)],
  },
  { name: 'bool()', schema: bool(), takes: [true, false], refuses: [0, 1, 'true'] },
  {
    name: 'list',
    schema: list(uint(9), 2),
    takes: [[], [1, 2]],
    refuses: [[1, 2, 3], [10], m(), 'ab', new Uint8Array(2)],
  },
  {
    name: 'map, closed',
    schema: two,
    takes: [m([0, 1]), m([0, 1], [1, 'x'])],
    refuses: [m(), m([1, 'x']), m([0, 10]), m([0, 1], [2, 1]), [], 1],
  },
  {
    name: 'map, open',
    schema: open,
    takes: [m([0, 1]), m([0, 1], [7, 'x'])],
    refuses: [m(), m([7, 'x']), m([0, 'x'], [7, 1])],
  },
  { name: 'empty map', schema: map({}, 'refused'), takes: [m()], refuses: [m([0, 0]), [], 0] },
  { name: 'oneOf', schema: oneOf({ red: 1, green: 4 }), takes: [1, 4], refuses: [0, 2, 'red', m()] },
];

describe.each(rows)('$name', ({ schema, takes, refuses }) => {
  test.each(takes.map((value) => [value]))('takes %j and writes the same', (value) => {
    const parsed: unknown = schema.parse(value, 'here');
    const again = (schema.write as (value: unknown) => Cbor)(parsed);
    if (!(value instanceof Map) || schema !== open) expect(again).toEqual(value);
  });
  test.each(refuses.map((value) => [value]))('refuses %j', (value) => {
    expect(() => schema.parse(value, 'here')).toThrow(Mismatch);
  });
});

test('a name stands for its number', () => {
  const colour = oneOf({ red: 1, green: 4 });
  expect([colour.parse(4, ''), colour.write('red')]).toEqual(['green', 1]);
});

test('unknown keys are ignored where that is said, and not passed on', () => {
  expect(open.parse(m([0, 1], [7, 'x']), 'here')).toEqual({ a: 1 });
});

test('the words of a mismatch say where and what was expected, and never what stood there', () => {
  const nested = map({ inner: field(3, list(two, 4)) }, 'refused');
  const secret = 'hunter2';
  const wrong = m([3, [m([0, 1]), m([0, secret])]]);
  expect(() => nested.parse(wrong, 'sign_event')).toThrow('sign_event.inner[1].a: expected 0..9, got string');
  expect(() => nested.parse(m([3, secret]), 'x')).toThrow('x.inner: expected an array of at most 4, got string');
  expect(() => nested.parse(m(), 'x')).toThrow('x.inner is missing');
  expect(() => nested.parse(m([9, 0]), 'x')).toThrow('x: key 9 is not known');
});

test('writing what the schema does not hold is a fault, not a mismatch', () => {
  expect(() => uint(9).write(10)).toThrow('not 0..9');
  expect(() => bytes(2).write(new Uint8Array(3))).toThrow('not bstr .size 2');
  expect(() => text(1).write('é')).toThrow('not tstr');
  expect(() => two.write({} as { a: number })).toThrow('the field a');
});

test('keys are written in ascending order, whatever the order in the source', () => {
  const swapped = map({ b: field(5, uint()), a: field(2, uint()) }, 'refused');
  expect(swapped.write({ a: 1, b: 2 })).toEqual(m([2, 1], [5, 2]));
  expect(() => map({ a: field(1, uint()), b: field(1, uint()) }, 'refused')).toThrow('one key');
});

test.each([
  [uint(15), '0..15'],
  [uint(), '0..9007199254740991'],
  [bytes(32), 'bstr .size 32'],
  [bytes(0, 9), 'bstr .size (0..9)'],
  [text(64), 'tstr .size (0..64)'],
  [list(uint(7), 3), '[ 0*3 0..7 ]'],
  [oneOf({ red: 1, green: 4 }), '(\n    1 ; red\n  / 4 ; green\n)'],
  [map({}, 'refused'), '{}'],
  [two, '{\n  0: 0..9, ; a\n  ? 1: tstr .size (0..3), ; b\n}'],
  [open, '{\n  0: 0..9, ; a\n  * uint => any,\n}'],
])('CDDL of %#', (schema, cddl) => expect(schema.cddl).toBe(cddl));
