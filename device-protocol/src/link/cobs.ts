/**
 * Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999): a frame without zero bytes, so that a zero can delimit it.
 * Overhead is one byte, and one more for each full 254 bytes.
 */

/** Encodes; the result holds no zero byte but `around` of them before it and behind it. Whole runs are copied at once. */
export function cobsEncode(bytes: Uint8Array, around = 0): Uint8Array {
  const out = new Uint8Array(bytes.length + 1 + Math.ceil(bytes.length / 254) + 2 * around);
  let at = around;
  let zero = bytes.indexOf(0);
  for (let from = 0; ; ) {
    const end = Math.min(zero === -1 ? bytes.length : zero, from + 254);
    out[at] = end - from + 1;
    out.set(bytes.subarray(from, end), at + 1);
    at += end - from + 1;
    // A full block stands for no zero, and at the very end needs no empty block after it.
    const isFull = end - from === 254;
    if (end === bytes.length && (isFull || zero === -1)) return out.subarray(0, at + around);
    from = isFull ? end : end + 1;
    if (zero !== -1 && zero < from) zero = bytes.indexOf(0, from);
  }
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
    const block = bytes.subarray(i + 1, end);
    if (block.includes(0)) return null;
    out.set(block, at);
    at += block.length;
    i = end;
    if (code !== 0xff && end < bytes.length) out[at++] = 0;
  }
  return out.subarray(0, at);
}
