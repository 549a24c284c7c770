/**
 * Schemas of message bodies: one value from which follow the TypeScript type, the parser, the writer and the CDDL (RFC 8610).
 * A parser takes what the CBOR gate admitted and gives the closed type, or throws a `Mismatch` that says where and why; the
 * only catcher is `decodeMessage`.
 */
import type { Cbor } from './cbor/cbor.ts';
import { utf8Length } from './utf8.ts';

/** A description of values of type T. `cddl` is its right-hand side in CDDL. */
export type Schema<T> = {
  readonly parse: (value: Cbor, at: string) => T;
  readonly write: (value: T) => Cbor;
  readonly cddl: string;
};

/** The type that a schema describes. */
export type Of<S> = S extends Schema<infer T> ? T : never;

/** What was expected and what stood there; never any content. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** An unsigned integer up to `max`. */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Schema<number> {
  return plain(`0..${max}`, (value): value is number => typeof value === 'number' && value <= max);
}

/** A byte string of `min` to `max` bytes. */
export function bytes(min: number, max: number = min): Schema<Uint8Array> {
  const cddl = `bstr .size ${min === max ? min : `(${min}..${max})`}`;
  return plain(
    cddl,
    (value): value is Uint8Array => value instanceof Uint8Array && value.length >= min && value.length <= max,
  );
}

/** A text of at most `max` bytes of UTF-8. */
export function text(max: number): Schema<string> {
  return plain(
    `tstr .size (0..${max})`,
    (value): value is string => typeof value === 'string' && (utf8Length(value) ?? Number.POSITIVE_INFINITY) <= max,
  );
}

/** True or false. */
export function bool(): Schema<boolean> {
  return plain('bool', (value): value is boolean => typeof value === 'boolean');
}

/** One of some names; on the wire each is a number, and the numbers are for ever. */
export function oneOf<const N extends Readonly<Record<string, number>>>(numbers: N): Schema<keyof N & string> {
  const names = new Map(Object.entries(numbers).map(([name, number]) => [number, name]));
  const cddl = [...names].map(([number, name], i) => `${i === 0 ? ' ' : '/'} ${number} ; ${name}`).join('\n');
  return {
    cddl: `(\n${indent(cddl)}\n)`,
    write: (name) => numbers[name] ?? fail('a name of the list'),
    parse: (value, at) => {
      const name = typeof value === 'number' ? names.get(value) : undefined;
      return name === undefined ? mismatch(at, 'a known number', value) : name;
    },
  };
}

/** At most `max` items of one schema. */
export function list<T>(item: Schema<T>, max: number): Schema<readonly T[]> {
  return {
    cddl: `[ 0*${max} ${item.cddl} ]`,
    write: (values) => values.map(item.write),
    parse: (value, at) => {
      if (!Array.isArray(value) || value.length > max) return mismatch(at, `an array of at most ${max}`, value);
      return value.map((entry: Cbor, i) => item.parse(entry, `${at}[${i}]`));
    },
  };
}

/** A field of a map: its key on the wire and its schema. */
export type Field<T, Optional extends boolean> = {
  readonly key: number;
  readonly schema: Schema<T>;
  readonly optional: Optional;
};

/** A field that is always there. */
export function field<T>(key: number, schema: Schema<T>): Field<T, false> {
  return { key, schema, optional: false };
}

/** A field that may be absent. */
export function optional<T>(key: number, schema: Schema<T>): Field<T, true> {
  return { key, schema, optional: true };
}

/** A schema whose type is forgotten: what can be read is unknown, what can be written is checked by the schema itself. */
export type AnySchema = {
  readonly parse: (value: Cbor, at: string) => unknown;
  readonly write: (value: never) => Cbor;
  readonly cddl: string;
};
type AnyField = { readonly key: number; readonly schema: AnySchema; readonly optional: boolean };
type Fields = Readonly<Record<string, AnyField>>;
type FieldType<F extends AnyField> = ReturnType<F['schema']['parse']>;
/** The object type that a map schema describes. */
export type MapOf<F extends Fields> = {
  readonly [K in keyof F as F[K]['optional'] extends true ? never : K]: FieldType<F[K]>;
} & { readonly [K in keyof F as F[K]['optional'] extends true ? K : never]?: FieldType<F[K]> };

/**
 * A map with small unsigned keys. `unknownKeys` says what a key that is not listed means: in requests it is refused (it might
 * be a restriction that an older device would overlook), elsewhere it is ignored, so that later versions can add.
 */
export function map<F extends Fields>(fields: F, unknownKeys: 'refused' | 'ignored'): Schema<MapOf<F>> {
  const rows = Object.entries<AnyField>(fields).sort(([, a], [, b]) => a.key - b.key);
  const known = new Set(rows.map(([, row]) => row.key));
  if (known.size !== rows.length) throw new Error('two fields of a map have one key');
  // A colon, not `=>`: it cuts (RFC 8610 section 3.5.4), so that the wildcard does not excuse a known key of a wrong type.
  const lines = rows.map(([name, row]) => `${row.optional ? '? ' : ''}${row.key}: ${row.schema.cddl}, ; ${name}`);
  if (unknownKeys === 'ignored') lines.push('* uint => any,');
  return {
    cddl: lines.length === 0 ? '{}' : `{\n${indent(lines.join('\n'))}\n}`,
    write: (value) => {
      const entries: [number, Cbor][] = [];
      for (const [name, row] of rows) {
        const item = (value as Readonly<Record<string, never>>)[name];
        if (item !== undefined) entries.push([row.key, row.schema.write(item)]);
        else if (!row.optional) fail(`the field ${name}`);
      }
      return new Map(entries);
    },
    parse: (value, at) => {
      if (!(value instanceof Map)) return mismatch(at, 'a map', value);
      for (const key of value.keys()) {
        if (unknownKeys === 'refused' && !known.has(key)) throw new Mismatch(`${at}: key ${key} is not known`);
      }
      const result: Record<string, unknown> = {};
      for (const [name, row] of rows) {
        const item: Cbor | undefined = value.get(row.key);
        if (item !== undefined) result[name] = row.schema.parse(item, `${at}.${name}`);
        else if (!row.optional) throw new Mismatch(`${at}.${name} is missing`);
      }
      return result as MapOf<F>;
    },
  };
}

function plain<T extends Cbor>(cddl: string, is: (value: Cbor) => value is T): Schema<T> {
  return {
    cddl,
    write: (value) => (is(value) ? value : fail(cddl)),
    parse: (value, at) => (is(value) ? value : mismatch(at, cddl, value)),
  };
}

function indent(lines: string): string {
  return lines.replace(/^/gm, '  ');
}

/** Writing a value outside its schema is a fault of ours. */
function fail(expected: string): never {
  throw new Error(`a value to be written is not ${expected}`);
}

function mismatch(at: string, expected: string, got: Cbor): never {
  const kind = got instanceof Uint8Array ? `${got.length} bytes` : got instanceof Map ? 'a map' : typeof got;
  throw new Mismatch(`${at}: expected ${expected}, got ${kind}`);
}
