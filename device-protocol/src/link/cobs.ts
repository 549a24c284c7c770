/**
 * Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999): a frame without zero bytes, so that a zero can delimit it.
 * Overhead is one byte, and one more for each full 254 bytes.
 */

/** Encodes; the result holds no zero byte. */
export function cobsEncode(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1 + Math.ceil(bytes.length / 254));
  let code = 0; // where the length of the current block goes
  let at = 1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte !== 0) out[at++] = byte;
    if (byte === 0 || at - code === 0xff) {
      out[code] = at - code;
      // A full block at the very end needs no empty block after it.
      if (byte !== 0 && i === bytes.length - 1) return out.subarray(0, at);
      code = at++;
    }
  }
  out[code] = at - code;
  return out.subarray(0, at);
}

/**
 * Decodes in linear time; null for a zero inside or a block that runs over the end. The empty block that some encoders put
 * after a full last one is accepted.
 */
export function cobsDecode(bytes: Uint8Array): Uint8Array | null {
  const out = new Uint8Array(bytes.length);
  let at = 0;
  let i = 0;
  while (i < bytes.length) {
    const code = bytes[i] ?? 0;
    const end = i + code;
    if (code === 0 || end > bytes.length) return null;
    for (i++; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (byte === 0) return null;
      out[at++] = byte;
    }
    if (code !== 0xff && end < bytes.length) out[at++] = 0;
  }
  return out.subarray(0, at);
}
