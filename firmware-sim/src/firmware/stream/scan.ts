/**
 * What a scanner tells about a value while it reads it: one set of words for JSON (json-scan.ts) and for CBOR (cbor-scan.ts), so that
 * whoever reads an event does not care how it was written.
 */

export type Kind = 'object' | 'array' | 'string' | 'number' | 'literal';

/** Hears of the parts of a value in their order. `depth` is 0 for the value itself, 1 for its members. */
export type Visitor = {
  /** The name of the member that comes next. */
  readonly key: (name: string, depth: number) => void;
  /** `origin` is where it begins in the stream; of a string, where its first byte is (or would be). */
  readonly begin: (kind: Kind, depth: number, origin: number) => void;
  /** Some more of the string that is open, as UTF-8. */
  readonly text: (bytes: Uint8Array, from: number, to: number, origin: number) => void;
  /** `word` is a number or a literal as it stands there, else empty. */
  readonly end: (kind: Kind, depth: number, word: string) => void;
};
