/** Values as people read them: CBOR diagnostic notation (RFC 8949 section 8), and JSON in which bytes are lowercase hex. */
import type { Cbor } from '../../device-protocol/src/cbor/cbor.ts';

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function diagnostic(value: Cbor): string {
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) return `h'${hexOf(value)}'`;
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${key}: ${diagnostic(item)}`).join(', ')}}`;
  return `[${[...(value as readonly Cbor[])].map(diagnostic).join(', ')}]`;
}

/** Any value of ours as JSON can hold it. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** What a vector says in notation; pages of zeros help nobody. */
export function shortDiagnostic(value: Cbor): string | null {
  const text = diagnostic(value);
  return text.length <= 1_000 ? text : null;
}
