/** The signing story as it is told to the firmware in the bare engine: hello, sign_event over frames, the screen, a press, the reply. */
import { encodeCbor, limits, type Message, type ReplyOf } from '@sallyport/device-protocol';
import type { BareEngine } from './engine.ts';
import { lineTo, type Wire } from './line.ts';

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
  /** From the request to its answer. */
  readonly wire: Wire;
  /** Times that the host had to answer the device before it went on: chunks. One more is the request itself. */
  readonly pulls: number;
  readonly inputBytes: number;
};

/** Has one event signed, which the computer asks in its own name. The human approves half a second after the question is drawn. */
export function signingStory(engine: BareEngine, fields: Fields): Told {
  const input = encodeCbor([fields.created_at, fields.kind, fields.tags, fields.content]);
  const heard: Message[] = [];
  let pulls = 0;
  const line = lineTo(engine, (message, say) => {
    heard.push(message);
    if (message.type !== 'request' || message.command !== 'chunk_get') return;
    pulls++;
    say(pieceOf(message, input));
  });
  line.crossed();
  const head = input.slice(0, limits.headMax);
  const body = { account: 0, label: 'a story', input: { length: input.length, head } };
  line.say({ type: 'request', id: 2, command: 'sign_event', body });
  const question = line.screen();
  line.press('approve');
  const reply = heard.find((one) => one.type === 'reply' && one.command === 'sign_event');
  if (reply?.type !== 'reply' || reply.command !== 'sign_event') {
    throw new Error(`no signature: ${JSON.stringify(heard.at(-1))}, on the screen: ${line.screen().join(' / ')}`);
  }
  const wire = line.crossed();
  return { reply: reply.body, question, outcome: line.screen(), wire, pulls, inputBytes: input.length };
}

/** The piece of an input that the device asks for. */
export function pieceOf(message: Message & { type: 'request'; command: 'chunk_get' }, input: Uint8Array): Message {
  const { id, command, body } = message;
  return { type: 'reply', id, command, body: { bytes: input.slice(body.offset, body.offset + body.length) } };
}
