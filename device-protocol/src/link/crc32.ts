/**
 * CRC-32/ISO-HDLC (the IEEE one: reflected 0xEDB88320, init and final xor 0xFFFFFFFF; check value 0xCBF43926).
 * It finds damage, not malice: authenticity is the channel's task.
 */
const table = new Uint32Array(256).map((_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The CRC of bytes[0, end), as an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, end = bytes.length): number {
  let crc = 0xffffffff;
  for (let i = 0; i < end; i++) crc = (table[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
