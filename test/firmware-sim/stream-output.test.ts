/** Encrypting and decrypting by pieces: the same bytes as in memory, again from the start, and nothing of what does not hold. */
import { describe, expect, test } from 'vitest';
import { decryptNip04, encryptNip04 } from '../../firmware-sim/src/firmware/formats/nip04.ts';
import { decryptNip44, encryptNip44 } from '../../firmware-sim/src/firmware/formats/nip44.ts';
import { openInput } from '../../firmware-sim/src/firmware/stream/input.ts';
import { decryptStream04, decryptStream44 } from '../../firmware-sim/src/firmware/stream/opening.ts';
import { encryptStream04, encryptStream44, type Output } from '../../firmware-sim/src/firmware/stream/output.ts';
import { isRefused, type Reading, type Refused } from '../../firmware-sim/src/firmware/stream/reading.ts';
import type { StreamText } from '../../firmware-sim/src/firmware/stream/walk.ts';
import vectors from '../vectors/nip44.vectors.json' with { type: 'json' };
import { drive, noCurve, utf8 } from './stream.ts';

const key = new Uint8Array(32).fill(5);
const nonce = new Uint8Array(32).fill(6);
const iv = nonce.subarray(16);

/** A text as it lies in a stream: as it is, or inside of a JSON string. */
function lying(text: string, levels: 0 | 1) {
  const content = utf8(levels === 0 ? text : `"${JSON.stringify(text).slice(1).replaceAll('/', '\\/')}`);
  const bytes = openInput(content.length, noCurve);
  const stream: StreamText = { bytes, at: levels, levels, length: utf8(text).length };
  return { stream, content };
}

function made(output: Output | Refused, content: Uint8Array, max: number): string {
  if (isRefused(output)) return output.error;
  const producer = output.start();
  const parts: Uint8Array[] = [];
  for (;;) {
    const { result } = drive(producer.next(max), content);
    if ('error' in result) return result.error;
    if (result.length === 0) break;
    expect(result.length).toBeLessThanOrEqual(max);
    parts.push(result.slice()); // lent
  }
  const whole = Buffer.concat(parts);
  expect(whole.length).toBe(output.length);
  return whole.toString('utf8');
}

type Scheme = {
  readonly encrypt: (text: StreamText) => Output | Refused;
  readonly decrypt: (payload: StreamText, key: Uint8Array) => Reading<Output | Refused>;
  readonly whole: (text: string) => string;
  readonly opens: (payload: string) => boolean;
};

const schemes: readonly (readonly [string, Scheme])[] = [
  [
    'nip44',
    {
      encrypt: (text) => encryptStream44(text, key, nonce),
      decrypt: decryptStream44,
      whole: (text) => encryptNip44(utf8(text), key, nonce) ?? '',
      opens: (payload) => typeof decryptNip44(payload, key) !== 'string',
    },
  ],
  [
    'nip04',
    {
      encrypt: (text) => encryptStream04(text, key, iv),
      decrypt: decryptStream04,
      whole: (text) => encryptNip04(utf8(text), key, iv) ?? '',
      opens: (payload) => typeof decryptNip04(payload, key) !== 'string',
    },
  ],
];

describe.each(schemes)('%s', (_name, { encrypt, decrypt, whole, opens }) => {
  test.each([1, 15, 16, 17, 31, 33, 1_000, 3_584, 65_535, 65_536, 90_000])('%i characters, there and back', (size) => {
    const text = 'aé/😀"\n漢'.repeat(size).slice(0, size).toWellFormed();
    for (const levels of [0, 1] as const) {
      const plain = lying(text, levels);
      const output = encrypt(plain.stream);
      const payload = made(output, plain.content, 3_840);
      expect(payload === whole(text)).toBe(true);
      expect(made(output, plain.content, 1_000) === payload).toBe(true);
      const sealed = lying(payload, levels);
      const opened = drive(decrypt(sealed.stream, key), sealed.content).result;
      expect(made(opened, sealed.content, 777) === text).toBe(true);
    }
  });

  test('what is cut, changed or of another key is refused as in memory', () => {
    const payload = whole('Some text of a note, long enough for two blocks ☺');
    const refused = (text: string, with_ = key) => {
      const { stream, content } = lying(text, 0);
      const { result } = drive(decrypt(stream, with_), content);
      return 'error' in result ? result.error : 'opened';
    };
    for (let length = 0; length < payload.length; length++)
      expect(refused(payload.slice(0, length))).toBe('bad_payload');
    expect(refused(payload, nonce)).toBe('bad_payload');
    for (let at = 0; at < payload.length; at++) {
      const changed = `${payload.slice(0, at)}${payload.charAt(at) === 'B' ? 'C' : 'B'}${payload.slice(at + 1)}`;
      if (!opens(changed)) expect(refused(changed), changed).toBe('bad_payload');
    }
  });
});

test('the payloads of the public vectors open to their texts, and the spoilt ones do not', () => {
  const { valid, invalid } = vectors.v2;
  for (const { conversation_key, nonce: given, plaintext, payload } of valid.encrypt_decrypt) {
    const hexed = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
    const sealed = lying(payload, 0);
    const opened = drive(decryptStream44(sealed.stream, hexed(conversation_key)), sealed.content).result;
    expect(made(opened, sealed.content, 100)).toBe(plaintext);
    const plain = lying(plaintext, 0);
    expect(made(encryptStream44(plain.stream, hexed(conversation_key), hexed(given)), plain.content, 64)).toBe(payload);
  }
  for (const { conversation_key, payload } of invalid.decrypt) {
    const sealed = lying(payload, 0);
    const with_ = Uint8Array.from(Buffer.from(conversation_key, 'hex'));
    expect(drive(decryptStream44(sealed.stream, with_), sealed.content).result).toEqual({ error: 'bad_payload' });
  }
});
