/**
 * Records that were opened and are asked for again and again: while flash has the very bytes that were opened, they are not deciphered
 * once more. Flash is still read each time, so what was changed there, damaged or taken away is noticed as ever. For records that hold
 * no secret, on a board with memory to spare.
 */
import { equalBytes } from '@noble/ciphers/utils.js';

export type Opened = {
  /** What these sealed bytes of this record hold: remembered, or opened by `decipher`. Damage is not remembered. */
  readonly open: <Damage extends string>(
    place: string,
    sealed: Uint8Array,
    decipher: (sealed: Uint8Array) => Uint8Array | Damage,
  ) => Uint8Array | Damage;
  /** These sealed bytes were just written and hold that: remembered where the record was. */
  readonly wrote: (place: string, sealed: Uint8Array, bytes: Uint8Array) => void;
  readonly forget: (place: string) => void;
  readonly forgetAll: () => void;
};

/** Remembers so many records, those that were opened or written last. */
export function openedRecords(max: number): Opened {
  const kept = new Map<string, { readonly sealed: Uint8Array; readonly bytes: Uint8Array }>();

  function keep(place: string, sealed: Uint8Array, bytes: Uint8Array): void {
    kept.delete(place);
    kept.set(place, { sealed, bytes: bytes.slice() });
    const [oldest] = kept.keys();
    if (kept.size > max && oldest !== undefined) kept.delete(oldest);
  }

  return {
    open: (place, sealed, decipher) => {
      const known = kept.get(place);
      if (known !== undefined && equalBytes(known.sealed, sealed)) return known.bytes.slice();
      const bytes = decipher(sealed);
      if (typeof bytes !== 'string') keep(place, sealed, bytes);
      return bytes;
    },
    wrote: (place, sealed, bytes) => {
      if (kept.has(place)) keep(place, sealed, bytes);
    },
    forget: (place) => void kept.delete(place),
    forgetAll: () => kept.clear(),
  };
}
