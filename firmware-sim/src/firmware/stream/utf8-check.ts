/** Strict UTF-8 (RFC 3629), checked on its way: pieces may be cut anywhere, also within a character. */
import { Refusal } from './reading.ts';

/** How many bytes the character that is open still needs, and what the next one may be. */
export type Utf8Check = { left: number; low: number; high: number };

export const newUtf8Check = (): Utf8Check => ({ left: 0, low: 0x80, high: 0xbf });

/** Checks the next bytes; what is not UTF-8 is refused. */
export function checkUtf8(check: Utf8Check, bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (check.left === 0) {
      if (byte >= 0x80) begin(check, byte);
      continue;
    }
    if (byte < check.low || byte > check.high) throw new Refusal('invalid_params');
    check.left -= 1;
    check.low = 0x80;
    check.high = 0xbf;
  }
}

/** At the end no character may be open. */
export function endUtf8(check: Utf8Check): void {
  if (check.left > 0) throw new Refusal('invalid_params');
}

/** Second bytes are narrower after some leads: no overlong forms, no surrogates, nothing beyond U+10FFFF (RFC 3629 §4). */
function begin(check: Utf8Check, lead: number): void {
  if (lead < 0xc2 || lead > 0xf4) throw new Refusal('invalid_params');
  check.left = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  if (lead === 0xe0) check.low = 0xa0;
  if (lead === 0xed) check.high = 0x9f;
  if (lead === 0xf0) check.low = 0x90;
  if (lead === 0xf4) check.high = 0x8f;
}
