/**
 * Deterministic CBOR (RFC 8949 section 4.2) through `cbor-x`, behind the gate of gate.ts.
 * Encoding gives the one canonical form; decoding gives values whose encoding is the input, or a refusal.
 *
 * The `no-eval` build is used: the other one compiles functions at run time and loads a native addon on bytes from outside.
 */
import { Decoder, Encoder } from 'cbor-x/index-no-eval';
import { decodeUtf8 } from '../utf8.ts';
import { type Admitted, type GateBounds, type GateRefusal, gate, messageBounds } from './gate.ts';

/** The values of our subset. A map has ascending unsigned keys. */
export type Cbor = number | string | boolean | Uint8Array | readonly Cbor[] | ReadonlyMap<number, Cbor>;

const options = {
  useRecords: false,
  mapsAsObjects: false,
  tagUint8Array: false,
  variableMapSize: true,
  copyBuffers: true,
} as const;
const encoder = new Encoder(options);
const decoder = new Decoder(options);

/** Encodes a value of the subset; anything else, keys that do not ascend included, is a fault. The result is a buffer of its own. */
export function encodeCbor(value: Cbor): Uint8Array {
  // cbor-x hands out slices of one shared buffer; a copy keeps secrets from lying beside later messages.
  return new Uint8Array(encoder.encode(forEncoder(value)));
}

/** Decodes exactly one item within the bounds, or says what is wrong with it. */
export function decodeCbor(
  bytes: Uint8Array,
  bounds: GateBounds = messageBounds,
): { readonly value: Cbor } | GateRefusal {
  const admitted = gate(bytes, bounds);
  if ('wrong' in admitted) return admitted;
  const decoded: unknown = decoder.decode(bytes);
  return { value: fromDecoder(decoded, bytes, admitted, { texts: 0 }) };
}

/** cbor-x writes integers from 2^32 on as floats unless they are BigInts, which it writes in eight bytes: the shortest form. */
function forEncoder(value: Cbor): unknown {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) throw new Error('only unsigned integers up to 2^53-1 are encoded');
    return value > 0xffff_ffff ? BigInt(value) : value;
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new Error('a text with a lone surrogate has no UTF-8');
    return value;
  }
  if (typeof value === 'boolean' || value instanceof Uint8Array) return value;
  if (isMap(value)) {
    let lastKey = -1;
    return new Map(
      [...value].map(([key, item]) => {
        if (key <= lastKey) throw new Error('the keys of a map ascend');
        lastKey = key;
        return [forEncoder(key), forEncoder(item)];
      }),
    );
  }
  return value.map(forEncoder);
}

/** Brings what cbor-x made into our closed type: BigInts back to numbers, Node's Buffers to plain bytes, texts put right. */
function fromDecoder(value: unknown, bytes: Uint8Array, admitted: Admitted, seen: { texts: number }): Cbor {
  if (typeof value === 'string') {
    const range = admitted.bomTexts.get(seen.texts++);
    if (range === undefined) return value;
    const text = decodeUtf8(bytes.subarray(...range));
    if (text === null) throw new Error('the gate admitted a text that is not UTF-8');
    return text;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map((item: unknown) => fromDecoder(item, bytes, admitted, seen));
  if (value instanceof Map) {
    const map = new Map<number, Cbor>();
    for (const [key, item] of value) map.set(Number(key), fromDecoder(item, bytes, admitted, seen));
    return map;
  }
  throw new Error('the gate admitted a value outside the subset');
}

function isMap(value: readonly Cbor[] | ReadonlyMap<number, Cbor>): value is ReadonlyMap<number, Cbor> {
  return value instanceof Map;
}
