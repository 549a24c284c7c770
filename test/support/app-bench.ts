/**
 * An app, a paired computer that brings what it signs, and the device with its screen and keys: the real firmware, spoken to by the
 * functions of the protocol alone. The human looks at the screen and presses.
 */
import type { Message, ReplyOf, Request, RequestOf, Unreadable } from '@sallyport/device-protocol';
import { encodeCbor } from '@sallyport/device-protocol';
import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import { conversationKeys, nip04Of, nip44Of, publicOf, secrets, signedBy, type Who } from '../vectors/client-events.ts';
import { bytesOf } from '../vectors/diagnostic.ts';
import { sealedComputer } from './sealed-computer.ts';

export type Fields = {
  readonly kind?: number;
  readonly content?: string;
  readonly tags?: string[][];
  readonly created_at?: number;
};
export type Asks = {
  readonly method: string;
  readonly params: readonly string[];
  readonly id?: string;
  readonly at?: number;
  readonly who?: Who;
  readonly nip04?: boolean;
};

/** The seconds of the app's clock at the start. */
export const startS = 1_700_000_000;
export const pubkey = acceleratedCrypto.publicKey(secrets.remoteSigner);
const remoteSigner = publicOf('remoteSigner');

export function appBench() {
  const computer = sealedComputer();
  computer.establish();
  computer.pair('desk');
  computer.advance(3_000);
  let nextId = 100;
  let seconds = startS;

  /** What the app signs, as the message that carries it, and all of its content. */
  function envelopeOf({ method, params, id = `r${nextId}`, at, who = 'client', nip04 }: Asks): {
    readonly body: RequestOf<'nip46_request'>;
    readonly content: Uint8Array;
  } {
    const keys = conversationKeys(who, 'remoteSigner');
    const plaintext = JSON.stringify({ id, method, params });
    const content = nip04 === true ? nip04Of(plaintext, keys.nip04) : nip44Of(plaintext, keys.nip44);
    const created_at = at ?? ++seconds;
    const event = signedBy(who, { kind: 24133, created_at, tags: [['p', remoteSigner]], content });
    const bytes = Uint8Array.from(Buffer.from(content, 'utf8'));
    const body: RequestOf<'nip46_request'> = {
      account: 0,
      client: bytesOf(event.pubkey),
      createdAt: created_at,
      tags: event.tags,
      sig: bytesOf(event.sig),
      conversationKey: nip04 === true ? keys.nip04 : keys.nip44,
      input: { length: bytes.length, head: bytes.slice(0, 3_584) },
    };
    return { body, content: bytes };
  }
  const envelope = (asks: Asks): RequestOf<'nip46_request'> => envelopeOf(asks).body;

  /** Says a request; what is heard at once, and later by presses, is looked through by `answerTo`. */
  const heard: (Message | Unreadable)[] = [];
  function say(message: Omit<Request, 'id' | 'type'>): number {
    const id = nextId;
    nextId += 2;
    // The table ties each command to its body; a request without its id keeps both.
    hear(computer.say({ type: 'request', id, ...message } as Request));
    return id;
  }
  function hear(messages: readonly (Message | Unreadable)[]): void {
    heard.push(...messages);
  }

  const bench = {
    computer,
    heard,
    envelope,
    envelopeOf,
    say,
    app: (asks: Asks): number => say({ command: 'nip46_request', body: envelope(asks) }),
    sign: ({ kind = 1, content = 'hello', tags = [], created_at = startS }: Fields = {}, asks: Partial<Asks> = {}) =>
      bench.app({ method: 'sign_event', params: [JSON.stringify({ kind, content, tags, created_at })], ...asks }),
    own: (content: string): number => {
      const head = encodeCbor([startS, 1, [], content]);
      return say({
        command: 'sign_event',
        body: { account: 0, label: 'the computer', input: { length: head.length, head } },
      });
    },
    connect: (perms = '', name = 'Coracle', announced = true, asks: Partial<Asks> = {}): number =>
      say({
        command: 'client_connect',
        body: {
          ...envelope({
            method: 'connect',
            params: [remoteSigner, 'secret', perms, JSON.stringify({ name })],
            ...asks,
          }),
          announced,
        },
      }),
    press: (key: 'approve' | 'deny' | 'next' | 'back', heldMs = 0): void => hear(computer.press(key, heldMs)),
    advance: (ms: number): void => hear(computer.advance(ms)),
    screen: (): string => computer.screen().join('\n'),
    /** The one answer to a request; undefined while there is none. */
    answerTo: (id: number): Message | undefined => {
      const answers = heard.filter(
        (one): one is Message => (one.type === 'reply' || one.type === 'error') && one.id === id,
      );
      if (answers.length > 1) throw new Error(`${answers.length} answers to one request`);
      return answers[0];
    },
    result: (id: number): ReplyOf<'nip46_request'> | string | undefined => {
      const answer = bench.answerTo(id);
      if (answer?.type === 'error') return answer.error;
      return answer?.type === 'reply' && answer.command === 'nip46_request' ? answer.body : undefined;
    },
    /** Pairs the app, and takes none of its wishes. */
    paired: (): void => {
      bench.connect();
      bench.press('approve');
      bench.advance(3_000);
    },
  };
  return bench;
}
