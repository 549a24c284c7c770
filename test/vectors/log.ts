/** log.json: a chain of entries with its heads, a head that the log key signed, and chains that lead elsewhere. Hashes by node:crypto. */
import { createHash } from 'node:crypto';
import { decodeCbor, encodeCbor } from '@sallyport/device-protocol';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { bytesOf, diagnostic, hexOf } from './diagnostic.ts';

const logSecret = new Uint8Array(32).fill(0x61);
const nonce = new Uint8Array(32).fill(0x62);

/** As our firmware writes them: set up, unlocked, an app paired, a grant, a signature under it, a refusal. */
const entries: readonly string[] = [
  hexOf(entry([0, 20], [1, 61_000])),
  hexOf(entry([0, 12], [1, 90_500])),
  hexOf(entry([0, 8], [1, 95_000], [2, 0], [3, new Uint8Array(8).fill(0x11)])),
  hexOf(entry([0, 10], [1, 95_000], [2, 0], [3, new Uint8Array(8).fill(0x11)], [4, 1], [5, 1])),
  hexOf(
    entry(
      [0, 1],
      [1, 99_000],
      [2, 0],
      [3, new Uint8Array(8).fill(0x11)],
      [4, 1],
      [5, 1],
      [6, 'granted'],
      [7, 1_700_000_100],
    ),
  ),
  hexOf(entry([0, 5], [1, 99_100], [2, 0], [3, new Uint8Array(8).fill(0x11)], [6, 'replayed'])),
];

function entry(...fields: readonly (readonly [number, number | string | Uint8Array])[]): Uint8Array {
  return encodeCbor(new Map(fields));
}

function eightBytes(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}

/** The heads of a chain, the one before its first entry first. */
function heads(chain: readonly (readonly [number, string])[]): readonly string[] {
  let head = '00'.repeat(32);
  return [
    head,
    ...chain.map(([number, hex]) => {
      const hash = createHash('sha256').update('sallyport log').update(head, 'hex').update(eightBytes(number));
      head = hash.update(hex, 'hex').digest('hex');
      return head;
    }),
  ];
}

const numbered = entries.map((hex, i) => [i + 1, hex] as const);

/** The entry with these numbers in this order. */
const pick = (...numbers: readonly number[]) => numbers.map((number, i) => [i + 1, entries[number - 1] ?? ''] as const);

export function logVectors() {
  const chain = heads(numbered);
  const signedAt = [0, 1, entries.length].map((number) => {
    const head = chain[number] ?? '';
    const hash = createHash('sha256').update('sallyport log head').update(eightBytes(number)).update(head, 'hex');
    const message = hash.update(nonce).digest();
    const sig = hexOf(portableCrypto.signSchnorr(new Uint8Array(message), logSecret, new Uint8Array(32)));
    return { number, head, nonce: hexOf(nonce), hash: message.toString('hex'), sig };
  });
  const changed = (entries[4] ?? '').replace(/64$/, '65');
  return {
    about:
      'entries: what log_read gives, each with the head of the chain after it. signed: what log_head answers (the signature here has no ' +
      'randomness; a device’s has). other_chains: what the same log looks like after something was done to it, and the head that it leads to.',
    log_key: { secret: hexOf(logSecret), public: hexOf(portableCrypto.publicKey(logSecret)) },
    entries: numbered.map(([number, hex]) => ({ number, entry: hex, diagnostic: notation(hex), head: chain[number] })),
    signed: signedAt,
    other_chains: [
      { name: 'an entry was changed', entries: entries.map((hex, i) => (i === 4 ? changed : hex)) },
      { name: 'an entry was left out', entries: pick(1, 2, 3, 5, 6).map(([, hex]) => hex) },
      { name: 'two entries were exchanged', entries: pick(1, 2, 4, 3, 5, 6).map(([, hex]) => hex) },
      { name: 'an entry was put in', entries: pick(1, 2, 3, 4, 4, 5, 6).map(([, hex]) => hex) },
    ].map((one) => ({ ...one, head: heads(one.entries.map((hex, i) => [i + 1, hex] as const)).at(-1) })),
  };
}

function notation(hex: string): string {
  const decoded = decodeCbor(bytesOf(hex));
  if ('wrong' in decoded) throw new Error(decoded.wrong);
  return diagnostic(decoded.value);
}
