/**
 * Strict UTF-8, both ways, in linear time. Nothing is ever replaced: text that has no UTF-8 form (a lone surrogate) and bytes
 * that are not UTF-8 (overlong, surrogates, beyond U+10FFFF, cut off) give null. A byte order mark is kept: it is signed too.
 * Nothing of the platform is used: a bare JavaScript engine has no TextEncoder, and the platform's decoder drops a leading
 * U+FEFF.
 */

/** The UTF-8 form of a text, or null when the text holds a lone surrogate. */
export function encodeUtf8(text: string): Uint8Array | null {
  const length = utf8Length(text);
  if (length === null) return null;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[at++] = code;
      continue;
    }
    if (isHighSurrogate(code)) code = pairAt(text, i++);
    at = putCodePoint(bytes, at, code);
  }
  return bytes;
}

/** How many bytes `encodeUtf8` would give, without making them; null when the text holds a lone surrogate. */
export function utf8Length(text: string): number | null {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) length += 1;
    else if (code < 0x800) length += 2;
    else if (!isSurrogate(code)) length += 3;
    else if (isHighSurrogate(code) && isLowSurrogate(text.charCodeAt(i + 1))) {
      length += 4;
      i += 1;
    } else return null;
  }
  return length;
}

/** The text of UTF-8 bytes, or null when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  // 2,048 at a time: a call takes its arguments on the stack, and small engines have a small one.
  const units = new Uint16Array(2048);
  let text = '';
  let used = 0;
  let i = 0;
  while (i < bytes.length) {
    if (used > units.length - 2) {
      text += ofUnits(units.subarray(0, used));
      used = 0;
    }
    const end = Math.min(bytes.length, i + units.length - used);
    let lead = bytes[i] ?? 0;
    for (; i < end && lead < 0x80; lead = bytes[++i] ?? 0) units[used++] = lead;
    if (i >= end || used > units.length - 2) continue;
    const code = codePointAt(bytes, i, lead);
    if (code < 0) return null;
    if (code < 0x10000) units[used++] = code;
    else {
      units[used++] = 0xd800 | ((code - 0x10000) >> 10);
      units[used++] = 0xdc00 | ((code - 0x10000) & 0x3ff);
    }
    i += code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return text + ofUnits(units.subarray(0, used));
}

/** Given as they are: spread out as arguments they would be taken one by one, ten times as slowly. */
function ofUnits(units: Uint16Array): string {
  return Reflect.apply(String.fromCharCode, undefined, units);
}

/** The offset of the first byte in [start, end) that is not part of well-formed UTF-8, or -1 when all of it is. */
export function malformedAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      at += 1;
      continue;
    }
    const code = codePointAt(bytes, at, lead);
    const next = at + (code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
    if (code < 0 || next > end) return at;
    at = next;
  }
  return -1;
}

/** Writes the two to four bytes of a code point from U+0080 on; returns the place after them. */
export function putCodePoint(bytes: Uint8Array, start: number, code: number): number {
  let at = start;
  if (code < 0x800) bytes[at++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x10000) bytes[at++] = 0xe0 | (code >> 12);
    else {
      bytes[at++] = 0xf0 | (code >> 18);
      bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
  }
  bytes[at++] = 0x80 | (code & 0x3f);
  return at;
}

/** The code point of a surrogate pair; -1 when what follows the high surrogate is not its low one. */
export function pairAt(text: string, i: number): number {
  const low = text.charCodeAt(i + 1);
  return isLowSurrogate(low) ? 0x10000 + ((text.charCodeAt(i) & 0x3ff) << 10) + (low & 0x3ff) : -1;
}

export function isSurrogate(code: number): boolean {
  return (code & 0xf800) === 0xd800;
}

export function isHighSurrogate(code: number): boolean {
  return (code & 0xfc00) === 0xd800;
}

function isLowSurrogate(code: number): boolean {
  return (code & 0xfc00) === 0xdc00;
}

/** A code point of two to four bytes; -1 when it is malformed. The allowed second bytes are those of RFC 3629 §4. */
function codePointAt(bytes: Uint8Array, i: number, lead: number): number {
  const second = bytes[i + 1] ?? 0;
  if (lead >= 0xc2 && lead <= 0xdf) return isTail(second) ? ((lead & 0x1f) << 6) | (second & 0x3f) : -1;
  const third = bytes[i + 2] ?? 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!isTail(second) || !isTail(third)) return -1;
    const code = ((lead & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
    return code < 0x800 || isSurrogate(code) ? -1 : code;
  }
  const fourth = bytes[i + 3] ?? 0;
  if (lead < 0xf0 || lead > 0xf4 || !isTail(second) || !isTail(third) || !isTail(fourth)) return -1;
  const code = ((lead & 0x07) << 18) | ((second & 0x3f) << 12) | ((third & 0x3f) << 6) | (fourth & 0x3f);
  return code < 0x10000 || code > 0x10ffff ? -1 : code;
}

function isTail(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
