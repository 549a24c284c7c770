/** Single parsers of the firmware: the input of sign_event, the payloads of NIP-44 and NIP-04, and text on the screen. */

import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { decodeCbor, decodeUtf8, encodeCbor, streamBounds } from '@sallyport/device-protocol';
import { type Board, LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { decryptNip04, encryptNip04 } from '../../firmware-sim/src/firmware/formats/nip04.ts';
import { decryptNip44, encryptNip44, messageKeys } from '../../firmware-sim/src/firmware/formats/nip44.ts';
import { askUse, reviewOf } from '../../firmware-sim/src/firmware/jobs/prompt.ts';
import { readOwn } from '../../firmware-sim/src/firmware/jobs/subject.ts';
import { rowOf, wrap } from '../../firmware-sim/src/firmware/screen/cells.ts';
import { untrusted } from '../../firmware-sim/src/firmware/screen/visible-text.ts';
import { readWhole } from '../../firmware-sim/src/firmware/stream/reading.ts';
import { cellsOf } from '../firmware-sim/sample.ts';
import { must } from '../soak/stage.ts';
import { mutatedBytes, mutatedText } from '../support/mutations.ts';
import { between, pick } from '../support/random.ts';
import { mutatedCbor } from './cbor-tree.ts';
import { bytesOf, hexOf } from './device-harness.ts';
import type { Target } from './target.ts';

const pubkey = new Uint8Array(32).fill(2);
const key = new Uint8Array(32).fill(5);
const random = (length: number): Uint8Array => new Uint8Array(length).fill(9);
const texts = [
  '',
  'a',
  'Grüße 🌍 "\\"\n',
  '\ufeff漢字かな한글',
  'x'.repeat(70),
  '\u202eevil\u200b ',
  'a  b\t\n\n→⟨U+0041⟩',
];

/** CBOR and what is read from it. */
export const subject: Target<string> = {
  name: 'subject',
  parsers: ['gate', 'cbor', 'utf8', 'subject', 'event-id', 'review', 'screens'],
  seeds: () =>
    texts.map((text, i) => hexOf(encodeCbor([2 ** (i * 6), i * 9_000, [[], ['e', text], [text, text, '']], text]))),
  mutate: (draw, input) => {
    const bytes = bytesOf(input);
    const decoded = decodeCbor(bytes, streamBounds);
    const asValue = draw() < 0.6 && 'value' in decoded;
    return hexOf(asValue ? encodeCbor(mutatedCbor(draw, decoded.value)) : mutatedBytes(draw, bytes)).slice(0, 8_000);
  },
  run: (input) => {
    const bytes = bytesOf(input);
    const decoded = decodeCbor(bytes, streamBounds);
    const request = {
      command: 'sign_event',
      body: { account: 0, label: 'fuzz', input: { length: bytes.length, head: bytes } },
      computer: { host: '', paired: false },
    } as const;
    const readFor = ({ columns }: Board) => readWhole(readOwn(request, { pubkey, columns }, { random }), bytes);
    const parsed = readFor(LCD240);
    if ('wrong' in decoded) {
      must(parsed.type === 'refused', 'what is no CBOR was read');
      return { past: false, trait: `${decoded.wrong}` };
    }
    must(hexOf(encodeCbor(decoded.value)) === hexOf(bytes), 'not the one encoding');
    if (parsed.type === 'refused') return { past: true, trait: `${parsed.error} ${shapeOf(decoded.value)}` };
    const asker = { account: 'a', label: 'b', pubkey, imported: false, by: 'stranger' } as const;
    let review = '';
    for (const board of [LCD240, OLED128]) {
      const read = readFor(board);
      if (read.type !== 'own') throw new Error('nobody signed it');
      const prompt = readWhole(askUse({ subject: read.subject, asker, app: null }, board), bytes);
      if ('error' in prompt || prompt.pages === null) throw new Error('an event that was read cannot be shown');
      review = reviewOf([prompt]).title;
      const { count, page } = prompt.pages;
      for (const n of [0, count - 1]) {
        const rows = readWhole(page(n), bytes);
        if ('error' in rows) throw new Error(`page ${n}: ${rows.error}`);
        for (const row of rows) must(cellsOf(row) === board.columns, `a row of ${cellsOf(row)} cells: ${row}`);
      }
    }
    return { past: true, trait: `shown ${review} ${shapeOf(decoded.value)}` };
  },
};

/** The types of an array's items. */
function shapeOf(value: unknown): string {
  return Array.isArray(value)
    ? value.map((one) => (Array.isArray(one) ? `[${Math.min(one.length, 3)}]` : typeof one)).join()
    : typeof value;
}

/** NIP-44: half of the damage is done under a MAC that is made right again. */
export const nip44: Target<string> = {
  name: 'nip44',
  parsers: ['nip44', 'base64'],
  seeds: () =>
    [1, 31, 32, 33, 64, 65, 256, 257, 1_000, 65_535, 65_536].map(
      (length) => encryptNip44(new Uint8Array(length).fill(0x61), key, new Uint8Array(32).fill(length)) ?? '',
    ),
  mutate: (draw, payload) => {
    if (draw() < 0.35) return mutatedText(draw, payload);
    const bytes = Uint8Array.from(Buffer.from(payload, 'base64'));
    const nonce = bytes.slice(1, 33);
    if (bytes.length < 99) return mutatedText(draw, payload);
    // The stream cipher's damage is the plaintext's: the two bytes of the length prefix are hit most often.
    const text = bytes.slice(33, -32);
    const where = pick(draw, [0, 1, 2, 3, 4, 5, between(draw, 0, text.length - 1)]);
    text[where] = (text[where] ?? 0) ^ between(draw, 1, 255);
    const cut = draw() < 0.3 ? text.slice(0, between(draw, 1, text.length)) : text;
    const keys = messageKeys(key, nonce);
    const mac = hmac(sha256, keys.hmacKey, Uint8Array.of(...nonce, ...cut));
    return Buffer.concat([Uint8Array.of(2), nonce, cut, mac]).toString('base64');
  },
  run: (payload) => {
    const plaintext = decryptNip44(payload, key);
    if (typeof plaintext === 'string') {
      return { past: plaintext === 'bad_padding', trait: `${plaintext} ${Math.min(payload.length >> 5, 20)}` };
    }
    must(
      plaintext.length >= 1 && plaintext.length < payload.length,
      `${plaintext.length} bytes out of ${payload.length}`,
    );
    return { past: true, trait: `opened ${Math.min(plaintext.length >> 5, 20)}` };
  },
};

/** NIP-04 has no MAC: what is of its form is decrypted. */
export const nip04: Target<string> = {
  name: 'nip04',
  parsers: ['nip04', 'base64', 'utf8'],
  seeds: () =>
    texts.map((text, i) => encryptNip04(Uint8Array.from(Buffer.from(text)), key, new Uint8Array(16).fill(i)) ?? ''),
  mutate: (draw, payload) => {
    if (draw() < 0.4) return mutatedText(draw, payload);
    const [ciphertext = '', iv = ''] = payload.split('?iv=');
    const bytes = mutatedBytes(draw, Uint8Array.from(Buffer.from(ciphertext, 'base64')));
    const whole = bytes.slice(0, Math.max(16, bytes.length - (bytes.length % 16)));
    return `${Buffer.from(whole).toString('base64')}?iv=${iv}`;
  },
  run: (payload) => {
    const plaintext = decryptNip04(payload, key);
    if (typeof plaintext === 'string') {
      return { past: plaintext === 'bad_padding', trait: `${plaintext} ${Math.min(payload.length >> 4, 20)}` };
    }
    must(plaintext.length < payload.length, `${plaintext.length} bytes out of ${payload.length}`);
    return { past: true, trait: `opened ${decodeUtf8(plaintext) === null ? 'no text' : 'a text'} ${plaintext.length}` };
  },
};

/** Text on the grid: every row as wide as the screen, no unit lost or shown twice. */
export const text: Target<string> = {
  name: 'text',
  parsers: ['visible-text', 'cells'],
  seeds: () => [...texts, ...texts.map((one) => one.repeat(9)), 'word '.repeat(40), '漢'.repeat(50)],
  mutate: (draw, input) => mutatedText(draw, mutatedText(draw, input)).toWellFormed().slice(0, 1_500),
  run: (input) => {
    const traits = new Set<string>();
    for (const columns of [LCD240.columns, OLED128.columns]) {
      const lines = wrap(untrusted(input), columns);
      let last = -1;
      for (const [n, start] of lines.starts.entries()) {
        must(start > last || (n === 0 && start === 0), `line ${n} begins at ${start}, the one before at ${last}`);
        last = start;
        const row = rowOf(lines, n);
        must(cellsOf(row) === columns, `a row of ${cellsOf(row)} cells, and ${columns} are a row: ${row}`);
        for (const mark of ['↵', '⋯', '·', '→', '⟨U+']) if (row.includes(mark)) traits.add(mark);
      }
      must(last <= input.length, 'a line begins after the end');
      traits.add(`${Math.min(lines.starts.length, 12)} lines`);
    }
    return { past: true, trait: [...traits].sort().join(' ') };
  },
};
