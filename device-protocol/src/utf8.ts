/**
 * Strict UTF-8 (RFC 3629) without the platform: a bare JavaScript engine has no TextEncoder, and the platform's decoder
 * drops a leading U+FEFF and turns errors into U+FFFD. Here a text is exactly its bytes, or it is refused.
 */

/** Length in bytes of the well-formed sequence that starts at `at`, or 0 when there is none before `end`. */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] ?? 0x80;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > end) return 0;
  const second = bytes[at + 1] ?? 0;
  // The second byte rules out overlong forms, surrogates (U+D800–DFFF) and everything above U+10FFFF.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = at + 2; i < at + length; i++) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

/** The offset of the first byte in [start, end) that is not part of well-formed UTF-8, or -1 when all of it is. */
export function malformedAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = sequenceLength(bytes, at, end);
    if (length === 0) return at;
    at += length;
  }
  return -1;
}

/** Decodes well-formed UTF-8, a leading U+FEFF included; null when it is not well-formed. Linear time. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  if (malformedAt(bytes, 0, bytes.length) !== -1) return null;
  const parts: string[] = [];
  let units: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at, bytes.length);
    units.push(...codeUnits(bytes, at, length));
    at += length;
    // fromCharCode takes its units as arguments: pieces keep the argument list short on small engines.
    if (units.length >= 4096) {
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  }
  parts.push(String.fromCharCode(...units));
  return parts.join('');
}

function codeUnits(bytes: Uint8Array, at: number, length: number): readonly number[] {
  const a = bytes[at] ?? 0;
  const b = (bytes[at + 1] ?? 0) & 0x3f;
  const c = (bytes[at + 2] ?? 0) & 0x3f;
  if (length === 1) return [a];
  if (length === 2) return [((a & 0x1f) << 6) | b];
  if (length === 3) return [((a & 0x0f) << 12) | (b << 6) | c];
  const code = (((a & 0x07) << 18) | (b << 12) | (c << 6) | ((bytes[at + 3] ?? 0) & 0x3f)) - 0x10000;
  return [0xd800 | (code >> 10), 0xdc00 | (code & 0x3ff)];
}

/** Encodes a text; null when it holds a lone surrogate, which has no UTF-8. Linear time. */
export function encodeUtf8(text: string): Uint8Array | null {
  const bytes = new Uint8Array(utf8Length(text));
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) return null;
    if (code < 0x80) bytes[at++] = code;
    else if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
      bytes[at++] = 0x80 | (code & 0x3f);
    } else if (code < 0x10000) {
      bytes[at++] = 0xe0 | (code >> 12);
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[at++] = 0x80 | (code & 0x3f);
    } else {
      bytes[at++] = 0xf0 | (code >> 18);
      bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[at++] = 0x80 | (code & 0x3f);
      i++; // the pair's second half
    }
  }
  return bytes.subarray(0, at);
}

/** Bytes of the UTF-8 of a text (a lone surrogate counts three, as its replacement would). */
export function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      length += 4;
      i++;
    } else length += 3;
  }
  return length;
}
