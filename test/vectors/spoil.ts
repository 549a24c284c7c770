/**
 * Every way to spoil one thing in a body: a field missing, a value of another type, a value out of its range, a key nobody
 * knows. Which of them are refused is for the protocol to say; this file only makes them.
 */
import type { Cbor } from '../../device-protocol/src/cbor/cbor.ts';
import { limits } from '../../device-protocol/src/limits.ts';

export type Spoiled = {
  readonly wrong: 'missing' | 'of another type' | 'out of range' | 'not known';
  /** The keys that lead there, from the body down: `3.1`. */
  readonly at: string;
  readonly what: string;
  readonly body: Cbor;
};

/** Spoils a value, one thing at a time. `at` is where it stands. */
export function spoil(value: Cbor, at = ''): readonly Spoiled[] {
  const here: Spoiled[] = [
    { wrong: 'of another type', at, what: typeName(otherType(value)), body: otherType(value) },
    ...outOfRange(value).map((body): Spoiled => ({ wrong: 'out of range', at, what: describe(body), body })),
  ];
  if (!(value instanceof Map)) return here;
  const map: ReadonlyMap<number, Cbor> = value;
  const inner = [...map].flatMap(([key, item]) => {
    const path = at === '' ? `${key}` : `${at}.${key}`;
    const missing = new Map([...map].filter(([other]) => other !== key));
    const spoiled = spoil(item, path).map((one) => ({ ...one, body: new Map([...map]).set(key, one.body) }));
    return [{ wrong: 'missing', at: path, what: 'nothing', body: missing } satisfies Spoiled, ...spoiled];
  });
  const more = new Map([...map, [99, true] as const]);
  return [...here, ...inner, { wrong: 'not known', at: at === '' ? '99' : `${at}.99`, what: 'true', body: more }];
}

function otherType(value: Cbor): Cbor {
  if (typeof value === 'number') return 'one';
  if (value instanceof Map) return [];
  return Array.isArray(value) ? new Map() : 7;
}

/** Fields of bytes with one length only are keys, hashes, signatures and nonces. */
const exactLengths: readonly number[] = [8, 32, 64];

function outOfRange(value: Cbor): readonly Cbor[] {
  if (typeof value === 'number') return [Number.MAX_SAFE_INTEGER];
  if (typeof value === 'string') return ['x'.repeat(limits.detailMax + 1)];
  if (Array.isArray(value)) return value.length === 0 ? [] : [new Array<Cbor>(33).fill(value[0] ?? 0)];
  if (!(value instanceof Uint8Array)) return [];
  if (!exactLengths.includes(value.length)) return [new Uint8Array(limits.chunkMax + 1)];
  return [value.slice(1), Uint8Array.of(...value, 0)];
}

function describe(value: Cbor): string {
  if (typeof value === 'number') return `${value}`;
  if (typeof value === 'string') return `a text of ${value.length} bytes`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return Array.isArray(value) ? `${value.length} items` : typeName(value);
}

function typeName(value: Cbor): string {
  if (typeof value === 'number') return 'an integer';
  if (typeof value === 'string') return 'a text';
  return Array.isArray(value) ? 'an array' : 'a map';
}
