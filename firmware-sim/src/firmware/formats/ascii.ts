/** ASCII text as bytes: labels and words that are ours, where the platform has no TextEncoder. */

export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) throw new Error('ascii: a character that is none');
    bytes[i] = code;
  }
  return bytes;
}
