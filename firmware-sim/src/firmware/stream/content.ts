/**
 * The text inside an authenticated content, decrypted block by block whenever it is read: ChaCha20 begins anywhere, AES-CBC needs
 * the block before. Nothing is kept but the block that was read last, where
 * the input itself is not.
 */
import { cbc } from '@noble/ciphers/aes.js';
import { base64Reader } from './base64-stream.ts';
import { blockBytes, type Input } from './input.ts';
import { chachaAt, headBytes, type Nip44Opened, plaintextIn } from './nip44-stream.ts';
import { type Bytes, type Piece, type Reading, Refusal } from './reading.ts';

/** What one block of base64 decodes to. */
const decodedBytes = (blockBytes / 4) * 3;
const aesBlock = 16;

/** The plaintext of a NIP-44 payload whose MAC holds. */
export function* openNip44(input: Input, { keys, length }: Nip44Opened): Reading<Bytes> {
  const padded = heldBlocks(input, function* (n) {
    const decoded = decode(yield* input.block(n), blockBytes);
    const start = Math.max(0, n * decodedBytes - headBytes);
    const from = n === 0 ? headBytes : 0;
    return { bytes: chachaAt(keys, start, decoded.subarray(from)), start };
  });
  const first = (yield* padded(0)).bytes.subarray(0, 6);
  const lies = plaintextIn(first, length);
  if (lies === null) throw new Refusal('unauthenticated');
  return {
    length: lies.length,
    atHand: input.atHand,
    kept: input.kept,
    piece: function* (at) {
      const { bytes, start } = yield* padded(Math.floor((at + lies.at + headBytes) / decodedBytes));
      return start === 0 ? { bytes: bytes.subarray(lies.at), start: 0 } : { bytes, start: start - lies.at };
    },
  };
}

/** The plaintext of a NIP-04 ciphertext of so many characters; the padding is checked strictly, in the same time wherever it is wrong. */
export function* openNip04(input: Input, chars: number, key: Uint8Array, iv: Uint8Array): Reading<Bytes> {
  const last = Math.ceil(chars / blockBytes) - 1;
  if (chars < 24 || chars % 4 !== 0) throw new Refusal('unauthenticated');
  function* cipherOf(n: number): Reading<Uint8Array> {
    return decode(yield* input.block(n), Math.min(blockBytes, chars - n * blockBytes));
  }
  const blocks = heldBlocks(input, function* (n) {
    const before = n === 0 ? iv : (yield* cipherOf(n - 1)).slice(-aesBlock);
    const cipher = yield* cipherOf(n);
    if (cipher.length === 0 || cipher.length % aesBlock !== 0) throw new Refusal('unauthenticated');
    return { bytes: cbc(key, before, { disablePadding: true }).decrypt(cipher), start: n * decodedBytes };
  });
  const { bytes, start } = yield* blocks(last);
  const pads = padding(bytes);
  if (pads === null) throw new Refusal('unauthenticated');
  return {
    length: start + bytes.length - pads,
    atHand: input.atHand,
    kept: input.kept,
    piece: (at) => blocks(Math.floor(at / decodedBytes)),
  };
}

/** Keeps the block that was made last; of an input that is kept, all of them. */
function heldBlocks({ kept }: Input, make: (n: number) => Reading<Piece>): (n: number) => Reading<Piece> {
  const held = new Map<number, Piece>();
  return function* (n) {
    const known = held.get(n);
    if (known !== undefined) return known;
    if (!kept) held.clear();
    const piece = yield* make(n);
    held.set(n, piece);
    return piece;
  };
}

/** Decodes the first `chars` characters of a block. They were seen before, but of NIP-04 nobody has vouched for them. */
function decode(block: Uint8Array, chars: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(chars / 4) * 3);
  let used = 0;
  const reader = base64Reader((piece) => {
    bytes.set(piece, used);
    used += piece.length;
  });
  reader.push(block, 0, Math.min(chars, block.length));
  if (!reader.isWhole()) throw new Refusal('unauthenticated');
  return bytes.subarray(0, used);
}

/** PKCS#7: the last byte says how many, and all of them say it. */
function padding(bytes: Uint8Array): number | null {
  const count = bytes[bytes.length - 1] ?? 0;
  let wrong = count < 1 || count > aesBlock ? 1 : 0;
  for (let i = 1; i <= aesBlock; i++) wrong |= i <= count ? (bytes[bytes.length - i] ?? 0) ^ count : 0;
  return wrong === 0 ? count : null;
}
