/** clients.json beside the firmware: each request is verified, decrypted, shown or refused, and answered, as the vectors say. */
import type { ErrorMessage, Message, Reply, Unreadable } from '@sallyport/device-protocol';
import { decodeMessage } from '@sallyport/device-protocol';
import { nip04, nip44 } from 'nostr-tools';
import { type Event, verifyEvent } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import type { Account } from '../../firmware-sim/src/firmware/account.ts';
import { conversationKey } from '../../firmware-sim/src/firmware/nip44.ts';
import { type Clients, loadClients, pairClient } from '../../firmware-sim/src/firmware/policy/clients.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { memoryFlash, pairedBefore } from '../support/memory-flash.ts';
import { bytesFrom, chance } from '../support/random.ts';
import { sealedComputer } from '../support/sealed-computer.ts';
import { secrets } from '../vectors/client-events.ts';
import { clientVectors } from '../vectors/clients.ts';
import { bytesOf, hexOf } from '../vectors/diagnostic.ts';

const { account: told, paired, valid, invalid } = clientVectors();

const account: Account = {
  name: 'account 0',
  secret: bytesOf(told.secret),
  pubkey: bytesOf(told.pubkey),
  conversation: (peer, crypto) => {
    const sharedX = crypto.sharedX(bytesOf(told.secret), peer);
    return sharedX === null ? null : { sharedX, nip44: conversationKey(sharedX) };
  },
};

/** A device in the state of the vectors, in a sealed session of a paired computer. */
function device() {
  const flash = memoryFlash();
  const { secret } = pairedBefore(flash, bytesFrom(chance(3)), portableCrypto.x25519);
  let clients: Clients = loadClients(flash, 64);
  for (const one of paired) {
    const app = { client: bytesOf(one.client), remoteSigner: bytesOf(one.remote_signer), account: 0, name: 'app' };
    // It begins one second before: the floor of the vectors is the last second that is not taken.
    const after = pairClient(clients, flash, { ...app, createdAt: one.floor + 1, id: null });
    if (typeof after === 'string') throw new Error(after);
    clients = after;
  }
  const computer = sealedComputer(flash, secret, account);
  computer.establish();
  return computer;
}

type Heard = readonly (Message | Unreadable)[];
type Answer = Reply | ErrorMessage;

/** Asks, serves what is pulled and pushed, presses when the device waits for the button; gives the answer and whether it asked. */
function asked(message: string, content: string): { readonly answer: Answer; readonly shown: boolean } {
  const computer = device();
  const request = decodeMessage(bytesOf(message));
  if (request.type !== 'request') throw new Error('no request');
  const bytes = Uint8Array.from(Buffer.from(content, 'utf8'));
  let shown = false;
  let heard: Heard = computer.say(request);
  for (let turns = 0; turns < 2_000; turns++) {
    const answer = heard.find(
      (one): one is Answer => (one.type === 'reply' || one.type === 'error') && one.id === request.id,
    );
    if (answer !== undefined) return { answer, shown };
    const pulled = heard.find((one) => one.type === 'request');
    if (pulled?.type === 'request' && pulled.command === 'chunk_get') {
      const { offset, length } = pulled.body;
      const body = { bytes: bytes.slice(offset, offset + length) };
      heard = computer.say({ type: 'reply', id: pulled.id, command: 'chunk_get', body });
    } else if (heard.some((one) => one.type === 'notice' && one.notice === 'progress')) {
      shown = true;
      heard = computer.press('approve');
    } else throw new Error(`no answer, no pull, no question: ${JSON.stringify(heard)}`);
  }
  throw new Error('there is no end to it');
}

function bodyOf(answer: Answer): Reply<'nip46_request'>['body'] {
  if (answer.type !== 'reply' || answer.command !== 'nip46_request') throw new Error(JSON.stringify(answer));
  return answer.body;
}

describe('valid', () => {
  test.each(valid)('$name', async ({ event, message, request, expected }) => {
    const { answer, shown } = asked(message, event.content);
    const body = bodyOf(answer);
    expect(body.result).toBe(expected['result']);
    expect(shown).toBe(request.method !== 'get_public_key');
    const { id = new Uint8Array(0), sig = new Uint8Array(0), pubkey = new Uint8Array(0), output } = body;
    if (body.result !== 'text') {
      const { result, ...fields } = expected;
      const given = result === 'signature' ? { id: hexOf(id), pubkey: hexOf(pubkey) } : { pubkey: hexOf(pubkey) };
      expect(given).toEqual(fields);
      if (result === 'signature') expect(verifyEvent(signedEvent(request.params[0] ?? '', event, body))).toBe(true);
      return expect(sig.length).toBe(result === 'signature' ? 64 : 0);
    }
    const text = Buffer.from(output?.head ?? []).toString('utf8');
    if ('text' in expected) return expect(text).toBe(expected['text']);
    const key = bytesOf(String(expected['decrypts_with']));
    const user = told.pubkey;
    const opened = text.includes('?iv=') ? await nip04.decrypt(secrets.peer, user, text) : nip44.v2.decrypt(text, key);
    expect(opened).toBe(expected['to']);
  });
});

/** The event as an app would rebuild it out of what it asked. */
function signedEvent(template: string, { created_at }: Event, body: Reply<'nip46_request'>['body']): Event {
  const { kind, content, tags = [], created_at: at = created_at } = JSON.parse(template);
  const { id, sig, pubkey } = body;
  if (id === undefined || sig === undefined || pubkey === undefined) throw new Error('no signature');
  return { kind, content, tags, created_at: at, id: hexOf(id), sig: hexOf(sig), pubkey: hexOf(pubkey) };
}

/** What a parser of JSON that is not strict lets through; the rows are held to as soon as this firmware reads with its own. */
const strictJson: readonly string[] = [
  'a key twice',
  'a key twice, once escaped',
  'NIP-04 with a key twice',
  'a lone surrogate, escaped',
  'a key twice in the template',
  'a kind with a fraction',
];

describe('invalid', () => {
  test.each(invalid.filter(({ name }) => !strictJson.includes(name)))('$name: $error', ({ error, message, ...row }) => {
    const event = 'event' in row ? row.event : undefined;
    const { answer, shown } = asked(message, event?.content ?? '');
    expect(answer).toMatchObject({ type: 'error', error });
    expect(shown).toBe(false);
    // Nobody is told which of the checks it was.
    if (error === 'unauthenticated') expect(answer).not.toHaveProperty('detail');
  });
});
