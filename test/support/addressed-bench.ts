/**
 * An app of early 2024, which addresses its requests to the user key itself, a paired computer that passes them on, and the device: the real
 * firmware. What the device seals is opened by nostr-tools, with the key of the app.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import {
  decodeMessage,
  type Message,
  type Reply,
  type ReplyOf,
  type Request,
  type RequestOf,
  type Unreadable,
} from '@sallyport/device-protocol';
import { nip04, nip44 } from 'nostr-tools';
import { type Event, verifyEvent } from 'nostr-tools/pure';
import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import type { Spare } from '../../firmware-sim/src/firmware/env.ts';
import { nip04Of, secrets, signedBy, type Who } from '../vectors/client-events.ts';
import { bytesOf, hexOf } from '../vectors/diagnostic.ts';
import { fingers } from './fingers.ts';
import { memoryFlash } from './memory-flash.ts';
import { testAccount } from './open-life.ts';
import { sealedComputer } from './sealed-computer.ts';

type Body = RequestOf<'user_request'>;
type Key = 'approve' | 'deny' | 'next' | 'back';

/** What the app asks. `text`: instead of the JSON of it; `content`: instead of what it encrypts. */
export type Wish = {
  readonly method?: string;
  readonly params?: readonly unknown[];
  readonly id?: string | number;
  readonly at?: number;
  readonly who?: Who;
  readonly nip04?: boolean;
  readonly text?: string;
  readonly content?: string;
  readonly tags?: string[][];
};

/** What the app reads in a sealed answer. */
export type Heard = { readonly id: unknown; readonly result: string; readonly error?: string };
export type Opened = { readonly reply: ReplyOf<'user_request'>; readonly event: Event; readonly said: Heard };

/** The seconds of the app's clock at the start, and what the computer's clock says. */
export const startS = 1_700_000_000;
export const answerAt = startS + 5_000;
export const user = hexOf(testAccount.pubkey);
export const template = (change: Record<string, unknown> = {}): string =>
  JSON.stringify({ kind: 1, content: 'hello', tags: [], created_at: startS, ...change });

const headMax = 3_584;
const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf8'));

/** As the computer tells the one-time secrets of its lines. */
export const secretHash = (secret: string): Uint8Array => sha256(utf8(secret));

export const keyWith = (who: Who, peer = user): Uint8Array => nip44.v2.utils.getConversationKey(secrets[who], peer);

function sharedWith(who: Who): Uint8Array {
  const shared = acceleratedCrypto.sharedX(secrets[who], testAccount.pubkey);
  if (shared === null) throw new Error('no point');
  return shared;
}

export function addressedBench(spare?: Spare, flash = memoryFlash()) {
  const computer = sealedComputer(flash, undefined, undefined, undefined, spare === undefined ? {} : { spare });
  return ofComputer(computer, true);
}

/** With an account that answers there. */
export function allowed(spare?: Spare): ReturnType<typeof addressedBench> {
  const bench = addressedBench(spare);
  bench.allow();
  return bench;
}

/** And with the app paired. */
export function ready(spare?: Spare): ReturnType<typeof addressedBench> {
  const bench = allowed(spare);
  bench.pair();
  return bench;
}

/** The same with a computer that stands already, as with a device that has a PIN. `pairs`: it is to be paired first. */
export function ofComputer(computer: ReturnType<typeof sealedComputer>, pairs = false) {
  if (pairs) {
    computer.establish();
    computer.pair('desk');
    computer.advance(3_000);
  }
  let [nextId, seconds] = [1_000, startS];
  const contents = new Map<number, Uint8Array>();
  const pushed = new Map<number, Uint8Array[]>();
  const heard: (Message | Unreadable)[] = [];
  const wire = { serves: true, pulls: 0, change: (bytes: Uint8Array): Uint8Array => bytes };

  function take(messages: readonly (Message | Unreadable)[]): void {
    heard.push(...messages);
    for (const one of messages) if (wire.serves && one.type === 'request') serve(one);
  }
  /** The computer gives what the device pulls, and takes what it pushes. */
  function serve({ id, ...asked }: Request): void {
    if (asked.command === 'chunk_get') {
      const { request, offset, length } = asked.body;
      wire.pulls += 1;
      const bytes = (contents.get(request) ?? new Uint8Array(0)).slice(offset, offset + length);
      take(computer.say({ type: 'reply', id, command: 'chunk_get', body: { bytes: wire.change(bytes) } }));
    } else if (asked.command === 'chunk_put') {
      const { request, offset, bytes } = asked.body;
      pushed.set(request, [...(offset === 0 ? [] : (pushed.get(request) ?? [])), bytes]);
      take(computer.say({ type: 'reply', id, command: 'chunk_put', body: {} }));
    }
  }
  function say(message: Omit<Request, 'id' | 'type'>, id = nextId): number {
    nextId = Math.max(nextId, id + 2);
    // The table ties each command to its body; a request without its id keeps both.
    take(computer.say({ type: 'request', id, ...message } as Request));
    return id;
  }
  function signed({ method = 'ping', params = [], id, at, who = 'client', ...more }: Wish): Event {
    const text = more.text ?? JSON.stringify({ id: id ?? `r${nextId}`, method, params });
    const own = more.nip04 === true ? nip04Of(text, sharedWith(who)) : nip44.v2.encrypt(text, keyWith(who));
    const created_at = at ?? ++seconds;
    return signedBy(who, { kind: 24133, created_at, tags: more.tags ?? [['p', user]], content: more.content ?? own });
  }
  /** Passes an event on. */
  function bring(event: Event, change: Partial<Body> = {}): number {
    const content = utf8(event.content);
    const input = { length: content.length, head: content.slice(0, headMax) };
    const { created_at: createdAt, tags } = event;
    const told = { account: 0, client: bytesOf(event.pubkey), createdAt, tags, sig: bytesOf(event.sig), input };
    contents.set(nextId, content);
    return say({ command: 'user_request', body: { ...told, answerAt, announced: false, secrets: [], ...change } });
  }

  const press = (key: Key, heldMs = 0): void => take(computer.press(key, heldMs));
  const advance = (ms: number): void => take(computer.advance(ms));
  const screen = (): string => computer.screen().join('\n');
  const answers = (id: number): readonly (Reply | (Message & { type: 'error' }))[] =>
    heard.filter(
      (one): one is Reply | (Message & { type: 'error' }) =>
        (one.type === 'reply' || one.type === 'error') && one.id === id,
    );
  const bench = {
    /** What the computer gives of the next request. */
    gives: (content: Uint8Array): void => void contents.set(nextId, content),
    ...{ computer, heard, wire, hear: take, say, signed, bring, press, advance, screen, answers },
    hands: fingers((key) => press(key), screen),
    ask: (wish: Wish, change: Partial<Body> = {}): number => bring(signed(wish), change),
    /** What every answer to a request was: `sealed`, `done`, or the error that the computer heard. */
    ended: (id: number): readonly string[] =>
      answers(id).map((one) => (one.type === 'error' ? one.error : one.command === 'user_request' ? 'sealed' : 'done')),
    /** The sealed answers to a request, rebuilt as the computer does it, verified and opened as the app does it. */
    opened: (id: number, who: Who = 'client'): readonly Opened[] =>
      answers(id).flatMap((one) =>
        one.type === 'reply' && one.command === 'user_request' ? [openedBy(who, one.body, pushed.get(id) ?? [])] : [],
      ),
    /** The one sealed answer. */
    answer: (id: number, who: Who = 'client'): Opened => {
      const [one, ...more] = bench.opened(id, who);
      if (one === undefined || more.length > 0) throw new Error(`not one sealed answer: ${bench.ended(id).join()}`);
      return one;
    },
    allow: (account = 0): number => {
      const id = say({ command: 'account_address', body: { account, addressed: true } });
      advance(1_000);
      bench.hands.read();
      press('approve', 1_600);
      advance(3_000);
      return id;
    },
    pair: (who: Who = 'client', params: readonly unknown[] = [user, 'once', '', '{"name":"Old app"}']): number => {
      const id = bench.ask({ method: 'connect', params, who }, { announced: true });
      press('approve');
      advance(3_000);
      return id;
    },
    /** Takes the page behind the last one, and gives what was asked for always. */
    always: (): void => {
      press('back');
      press('approve');
      press('approve');
      advance(3_000);
    },
    /** The entries of the log, as they lie there. */
    log: (): readonly Uint8Array[] => computer.firmware().log.block.entries,
    /** Every event that the device ever sealed. */
    seals: (): number =>
      computer.said
        .map((bytes) => decodeMessage(bytes))
        .filter((one) => one.type === 'reply' && one.command === 'user_request').length,
  };
  return bench;
}

/** The answer as the app gets it over a relay. */
function openedBy(who: Who, reply: ReplyOf<'user_request'>, pieces: readonly Uint8Array[]): Opened {
  const { createdAt, id, sig, output } = reply;
  const bytes = output.head.length === output.length ? output.head : Buffer.concat(pieces);
  if (bytes.length !== output.length) throw new Error(`${bytes.length} bytes of ${output.length}`);
  const content = Buffer.from(bytes).toString('utf8');
  const tags = [['p', hexOf(acceleratedCrypto.publicKey(secrets[who]))]];
  const event = { kind: 24133, created_at: createdAt, pubkey: user, tags, content, id: hexOf(id), sig: hexOf(sig) };
  if (!verifyEvent({ ...event })) throw new Error('what the device sealed does not verify');
  const text = content.includes('?iv=')
    ? nip04.decrypt(secrets[who], user, content)
    : nip44.v2.decrypt(content, keyWith(who));
  return { reply, event, said: JSON.parse(text) };
}
