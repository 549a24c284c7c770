/** The device against clients.json: each request that an app signed is answered as the vectors say, and each wrong one by its error. */
import { readFileSync } from 'node:fs';
import { decodeMessage, type Message } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { verifyEvent } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { decryptNip04 } from '../../firmware-sim/src/firmware/formats/nip04.ts';
import { type Account, accountOfStored } from '../../firmware-sim/src/firmware/life/account.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { sealedComputer } from '../support/sealed-computer.ts';

type Row = {
  readonly name: string;
  readonly message: string;
  readonly event?: { readonly content: string };
  readonly error?: string;
  readonly request?: { readonly method: string; readonly params: readonly string[] };
  readonly expected?: Readonly<Record<string, string>>;
};
type Pair = { readonly client: string; readonly remote_signer: string; readonly floor: number };
type Vectors = {
  readonly account: { readonly secret: string };
  readonly paired: readonly Pair[];
  readonly valid: readonly Row[];
  readonly invalid: readonly Row[];
};

const file = new URL('../../device-protocol/vectors/clients.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

const secret = bytesOf(vectors.account.secret);
const account: Account = accountOfStored(
  { number: 0, name: 'account 0', origin: 'derived', index: 0, secret },
  portableCrypto,
);

/** A device in the state that the vectors are for. */
function device() {
  const computer = sealedComputer(undefined, undefined, account);
  computer.establish();
  computer.pair('desk');
  for (const [i, { client, remote_signer, floor }] of vectors.paired.entries()) {
    computer.advance(3_000);
    const body = {
      client: bytesOf(client),
      remoteSigner: bytesOf(remote_signer),
      account: 0,
      name: `app ${i}`,
      perms: '',
      announced: true,
      createdAt: floor + 1,
    };
    computer.say({ type: 'request', id: 20 + 2 * i, command: 'client_introduce', body });
    computer.press('approve');
  }
  computer.advance(3_000);
  return computer;
}

/** Says the request, serves what the device pulls and pushes, and presses when something is on the screen. */
function answerTo(
  computer: ReturnType<typeof device>,
  row: Row,
  id: number,
): { readonly answer: Message; readonly pushed: Uint8Array } {
  const message = decodeMessage(bytesOf(row.message));
  if (message.type !== 'request' || message.command !== 'nip46_request') throw new Error('not a request of an app');
  const content = row.event === undefined ? message.body.input.head : Uint8Array.from(Buffer.from(row.event.content));
  let pushed = Buffer.alloc(0);
  let heard = computer.say({ ...message, id });
  for (let turns = 0; turns < 1_000; turns++) {
    const answer = heard.find((one): one is Message => (one.type === 'reply' || one.type === 'error') && one.id === id);
    if (answer !== undefined) return { answer, pushed };
    const asked = heard.find((one) => one.type === 'request');
    if (asked?.type !== 'request') heard = computer.press('approve');
    else if (asked.command === 'chunk_get') {
      const bytes = content.slice(asked.body.offset, asked.body.offset + asked.body.length);
      heard = computer.say({ type: 'reply', id: asked.id, command: 'chunk_get', body: { bytes } });
    } else if (asked.command === 'chunk_put') {
      pushed = Buffer.concat([pushed, asked.body.bytes]);
      heard = computer.say({ type: 'reply', id: asked.id, command: 'chunk_put', body: {} });
    }
  }
  throw new Error('no answer');
}

test.each(vectors.valid.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const { answer, pushed } = answerTo(device(), row, 100);
  if (answer.type !== 'reply' || answer.command !== 'nip46_request') throw new Error(JSON.stringify(answer));
  const { result, id, sig, pubkey, output } = answer.body;
  const { expected = {} } = row;
  expect(result).toBe(expected['result']);
  if (expected['id'] !== undefined) {
    expect(hexOf(id)).toBe(expected['id']);
    expect(portableCrypto.verifySchnorr(sig ?? new Uint8Array(0), id ?? new Uint8Array(0), account.pubkey)).toBe(true);
  }
  if (expected['pubkey'] !== undefined) expect(hexOf(pubkey)).toBe(expected['pubkey']);
  const bytes = output?.head.length === 0 ? pushed : (output?.head ?? new Uint8Array(0));
  const text = Buffer.from(bytes).toString('utf8');
  if (expected['text'] !== undefined) expect(text).toBe(expected['text']);
  if (expected['to'] !== undefined) expect(opened(text, expected['decrypts_with'] ?? '')).toBe(expected['to']);
});

function opened(payload: string, key: string): string {
  if (!payload.includes('?iv=')) return nip44.v2.decrypt(payload, bytesOf(key));
  const plaintext = decryptNip04(payload, bytesOf(key));
  return typeof plaintext === 'string' ? plaintext : Buffer.from(plaintext).toString('utf8');
}

const refusing = device();

test.each(vectors.invalid.map((row, i) => [row.name, row, i] as const))('refused: %s', (_name, row, i) => {
  const before = refusing.screen();
  const { answer } = answerTo(refusing, row, 100 + 2 * i);
  expect(answer).toMatchObject({ type: 'error', error: row.error });
  expect(refusing.screen()).toEqual(before);
});

test('the vectors are what nostr-tools takes for events', () => {
  for (const { event } of vectors.valid) expect(verifyEvent(JSON.parse(JSON.stringify(event)))).toBe(true);
});
