/** The signing story as it is told to the firmware in the bare engine: hello, sign_event over frames, the screen, a press, the reply. */
import {
  closedLink,
  decodeMessage,
  encodeCbor,
  encodeMessage,
  type HostLinkState,
  hostLinkDeadline,
  limits,
  type Message,
  type ReplyOf,
  stepHostLink,
} from '@sallyport/device-protocol';
import { bytesFrom, chance } from '../support/random.ts';
import type { BareEngine } from './engine.ts';
import type { Did } from './guest.ts';

export type Fields = {
  readonly created_at: number;
  readonly kind: number;
  readonly tags: string[][];
  readonly content: string;
};

export type Told = {
  readonly reply: ReplyOf<'sign_event'>;
  /** The first page of the question. */
  readonly question: readonly string[];
  /** The last screen. */
  readonly outcome: readonly string[];
  /** Bytes on the wire from the request to its answer, acknowledgements included. */
  readonly wire: { readonly toDevice: number; readonly toHost: number };
  /** Times that the host had to answer the device before it went on: chunks. One more is the request itself. */
  readonly pulls: number;
  readonly inputBytes: number;
};

/** A size that no event of the stories has: a story that does not move would go on for ever. */
const stepsMax = 100_000;

/** Has one event signed. The human approves half a second after the question is drawn. */
export function signingStory(engine: BareEngine, fields: Fields): Told {
  const input = encodeCbor([fields.created_at, fields.kind, fields.tags, fields.content]);
  const random = bytesFrom(chance(3));
  const wire = { toDevice: 0, toHost: 0 };
  const heard: Message[] = [];
  let link: HostLinkState = closedLink;
  let now = 1_000;
  let screen = engine.first.screen ?? [];
  const toDevice: Uint8Array[] = [];

  const hostTakes = (given: Parameters<typeof stepHostLink>[1]): void => {
    const [next, effects] = stepHostLink(link, given, now, random);
    link = next;
    for (const effect of effects) {
      if (effect.type === 'write') toDevice.push(effect.bytes);
      if (effect.type === 'message') hear(effect.bytes);
    }
  };
  const say = (message: Message): void => hostTakes({ type: 'send', message: encodeMessage(message) });
  const deviceDid = ({ wire: frames, screen: drawn }: Did): void => {
    if (drawn !== null) screen = drawn;
    for (const frame of frames) {
      const bytes = Uint8Array.from(Buffer.from(frame, 'hex'));
      wire.toHost += bytes.length;
      hostTakes({ type: 'bytes', bytes });
    }
  };
  const settle = (): void => {
    for (let steps = 0; ; steps++) {
      const bytes = toDevice.shift();
      if (bytes === undefined) return;
      if (steps > stepsMax) throw new Error('the story does not move');
      wire.toDevice += bytes.length;
      deviceDid(engine.bytes(bytes, now));
    }
  };
  let pulls = 0;
  const hear = (bytes: Uint8Array): void => {
    const message = decodeMessage(bytes);
    if (message.type === 'unreadable') throw new Error(`the device said what nobody can read: ${message.detail}`);
    heard.push(message);
    if (message.type !== 'request' || message.command !== 'chunk_get') return;
    const { offset, length } = message.body;
    pulls++;
    say({ type: 'reply', id: message.id, command: 'chunk_get', body: { bytes: input.slice(offset, offset + length) } });
  };

  hostTakes({ type: 'wire_opened' });
  settle();
  if (hostLinkDeadline(link) !== null) throw new Error('the device did not answer hello');
  Object.assign(wire, { toDevice: 0, toHost: 0 });
  const head = input.slice(0, limits.headMax);
  const body = { account: 0, label: 'a story', input: { length: input.length, head } };
  say({ type: 'request', id: 2, command: 'sign_event', body });
  settle();
  const question = screen;
  now += 500;
  deviceDid(engine.tick(now)); // the keys are named
  deviceDid(engine.press('approve', now));
  settle();
  const reply = heard.find((one) => one.type === 'reply' && one.command === 'sign_event');
  if (reply?.type !== 'reply' || reply.command !== 'sign_event') {
    throw new Error(`no signature: ${JSON.stringify(heard.at(-1))}, on the screen: ${screen.join(' / ')}`);
  }
  return { reply: reply.body, question, outcome: screen, wire, pulls, inputBytes: input.length };
}
