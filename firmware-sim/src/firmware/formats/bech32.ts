/** Bech32 (BIP-173) as NIP-19 and NIP-49 use it: a prefix, bytes, six characters of checksum. Vectors of both are in the tests. */

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const checkLength = 6;

/** Bytes as text. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const data = regroup(bytes, 8, 5, true) ?? [];
  const sum = polymod([...expanded(prefix), ...data, 0, 0, 0, 0, 0, 0]) ^ 1;
  const check = Array.from({ length: checkLength }, (_, i) => (sum >>> (5 * (5 - i))) & 31);
  return `${prefix}1${[...data, ...check].map((value) => alphabet.charAt(value)).join('')}`;
}

/** The bytes of a text with this prefix; null when it is none. Upper case is taken, a mixture is not. */
export function decodeBech32(prefix: string, text: string): Uint8Array | null {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return null;
  if (!lower.startsWith(`${prefix}1`)) return null;
  const values = [...lower.slice(prefix.length + 1)].map((character) => alphabet.indexOf(character));
  if (values.includes(-1) || values.length < checkLength) return null;
  if (polymod([...expanded(prefix), ...values]) !== 1) return null;
  const bytes = regroup(values.slice(0, -checkLength), 5, 8, false);
  return bytes === null ? null : Uint8Array.from(bytes);
}

/** The public key of an account as people know it. */
export function npubOf(pubkey: Uint8Array): string {
  return encodeBech32('npub', pubkey);
}

function expanded(prefix: string): readonly number[] {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)];
}

function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [i, generator] of generators.entries()) if (((top >>> i) & 1) === 1) sum ^= generator;
  }
  return sum >>> 0;
}

/** Groups of so many bits as groups of others; null when what is left over is no padding. */
function regroup(values: Iterable<number>, from: number, to: number, pads: boolean): readonly number[] | null {
  const out: number[] = [];
  let held = 0;
  let bits = 0;
  for (const value of values) {
    held = ((held << from) | value) & 0xfff;
    bits += from;
    while (bits >= to) {
      bits -= to;
      out.push((held >>> bits) & ((1 << to) - 1));
    }
  }
  const rest = (held << (to - bits)) & ((1 << to) - 1);
  if (pads) return bits > 0 ? [...out, rest] : out;
  return bits >= from || rest !== 0 ? null : out;
}
