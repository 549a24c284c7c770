/**
 * Requests of apps, from the content of their event to what the device would show: both passes, over a content that is well encrypted around
 * a damaged text, or damaged itself. What is taken must be what everybody else reads in it: JSON.parse is asked, and nostr-tools for the
 * id. Signatures are not fuzzed here (they hold): a wrong one is one branch.
 */
import { getEventHash } from 'nostr-tools/pure';
import clients from '../../device-protocol/vectors/clients.json' with { type: 'json' };
import { encryptNip04 } from '../../firmware-sim/src/firmware/formats/nip04.ts';
import { encryptNip44 } from '../../firmware-sim/src/firmware/formats/nip44.ts';
import { readEnvelope } from '../../firmware-sim/src/firmware/jobs/envelope.ts';
import type { Read } from '../../firmware-sim/src/firmware/jobs/request.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { readWhole } from '../../firmware-sim/src/firmware/stream/reading.ts';
import { textOf } from '../../firmware-sim/src/firmware/stream/walk.ts';
import { must } from '../soak/stage.ts';
import { heldEvent } from '../support/held-event.ts';
import { mutatedBytes, mutatedJson, mutatedText } from '../support/mutations.ts';
import { type Chance, pick } from '../support/random.ts';
import { bytesOf, hexOf } from './device-harness.ts';
import type { Target } from './target.ts';

/** The text, in hex, and how it is encrypted; or a content that is none of that. */
export type AppInput = { readonly scheme: 'nip44' | 'nip04'; readonly plain: string; readonly content: string | null };

const key = new Uint8Array(32).fill(5);
const account = { pubkey: bytesOf(clients.account.pubkey), columns: 30 };
const remoteSigner = new Uint8Array(32).fill(7);
const tags = [['p', hexOf(remoteSigner)]];
const computer = { host: '00', paired: true };
const env = {
  crypto: { ...portableCrypto, verifySchnorr: () => true },
  random: (length: number) => new Uint8Array(length).fill(3),
};
const utf8 = (text: string): string => hexOf(Uint8Array.from(Buffer.from(text, 'utf8')));

/** Requests that the vectors do not have: an object in place of its text, escapes, members in another order. */
const odd = [
  '{"params":["{\\"kind\\":1,\\"content\\":\\"\\\\u00e4\\\\n\\"}"],"id":"7","method":"sign_event"}',
  '{"id":"a","method":"sign_event","params":[{"kind":1,"content":"x","tags":[["e","\\"\\\\"],[]],"created_at":5}]}',
  '{"id":"b","method":"connect","params":["0707070707070707070707070707070707070707070707070707070707070707","s","sign_event:1","{\\"name\\":\\"x\\"}"]}',
  ' { "id" : "c" , "method" : "ping" , "params" : [ ] , "more" : [ { } , null , true , -1.5e+3 ] } ',
];

export const appRequest: Target<AppInput> = {
  name: 'app-request',
  parsers: [
    ...['client-event', 'json-scan', 'json-string', 'event-parts', 'event', 'scan', 'walk', 'input', 'envelope'],
    ...['nip44-stream', 'base64-stream', 'content', 'utf8-check', 'event-id'],
  ],
  seeds: () =>
    [...clients.valid.map(({ plaintext }) => plaintext).filter((text) => text.length < 2_000), ...odd].flatMap(
      (text) => [
        { scheme: 'nip44', plain: utf8(text), content: null } as const,
        { scheme: 'nip04', plain: utf8(text), content: null } as const,
      ],
    ),
  mutate: (draw, input) => {
    const what = draw();
    const text = Buffer.from(input.plain, 'hex').toString('utf8');
    if (what < 0.1) return { ...input, content: mutatedText(draw, contentOf(input)) };
    if (what < 0.2) return { ...input, content: null, plain: hexOf(mutatedBytes(draw, bytesOf(input.plain))) };
    const next =
      what < 0.65 ? withTemplate(draw, text) : what < 0.9 ? mutatedRequest(draw, text) : mutatedText(draw, text);
    const plain = utf8(next).slice(0, 2 * plainMax);
    return { scheme: pick(draw, ['nip44', input.scheme]), content: null, plain: plain === '' ? '00' : plain };
  },
  run: (input) => {
    const content = Uint8Array.from(Buffer.from(contentOf(input), 'utf8'));
    const body = {
      account: 0,
      client: new Uint8Array(32).fill(9),
      createdAt: 1_700_000_000,
      tags,
      sig: new Uint8Array(64),
      conversationKey: key,
      input: { length: content.length, head: content },
    };
    const request = { command: 'nip46_request', body, computer } as const;
    const read = readWhole(readEnvelope(request, { conversationKey: key }, remoteSigner, account, env), content);
    if (read.type === 'refused') {
      // What is not decrypted, and what is no request, have one name to the computer: it is past the cipher if the content is ours.
      return { past: input.content === null, trait: `${read.error} ${input.scheme} ${shapeOf(input)}` };
    }
    must(read.type === 'app', 'a request of an app was read as another one');
    if (input.content === null) mustMean(read, content, Buffer.from(input.plain, 'hex').toString('utf8'));
    const { wanted } = read;
    const kind =
      wanted.type === 'use' ? wanted.subject.command : wanted.type === 'refused' ? wanted.error : wanted.type;
    return { past: true, trait: `${kind} ${input.scheme} ${shapeOf(input)}` };
  },
};

const plainMax = 3_000;

/** What was read is what JSON.parse reads, and the id is the one that nostr-tools computes. */
function mustMean({ envelope, wanted }: Read & { readonly type: 'app' }, input: Uint8Array, text: string): void {
  const parsed: { id: unknown; method: string; params: unknown[] } = JSON.parse(text);
  // The id is kept as it stood, to be echoed.
  must(parsed.id === JSON.parse(envelope.requestId), `the id ${envelope.requestId}, and JSON.parse reads ${parsed.id}`);
  if (wanted.type === 'free') return must(parsed.method === wanted.method, `the method ${wanted.method}`);
  if (wanted.type !== 'use') return;
  const { subject } = wanted;
  must(parsed.method === subject.command, `the method ${subject.command}, and JSON.parse reads ${parsed.method}`);
  if (subject.command !== 'sign_event')
    return must(parsed.params[1] === readWhole(textOf(subject.text), input), 'another text');
  // What is null lacks, as what is not there does.
  const { kind = -1, content = '', tags: told, created_at } = templateOf(parsed.params[0]);
  const event = { kind, content, tags: told ?? [], created_at: created_at ?? 1_700_000_000 };
  const { id } = subject.event;
  const [theirs, ours] = [JSON.stringify(event), JSON.stringify(heldEvent(subject.event, input))];
  must(theirs === ours, `JSON.parse reads ${theirs}, and the device ${ours}`);
  must(getEventHash({ ...event, pubkey: hexOf(account.pubkey) }) === hexOf(id), 'another id');
}

/** A template is an object, or the text of one. */
function templateOf(param: unknown): Partial<Template> {
  return typeof param === 'string' ? JSON.parse(param) : Object(param);
}
type Template = { kind: number; content: string; tags: string[][] | null; created_at: number | null };

function contentOf({ scheme, plain, content }: AppInput): string {
  if (content !== null) return content;
  const bytes = bytesOf(plain);
  const made =
    scheme === 'nip44'
      ? encryptNip44(bytes, key, new Uint8Array(32).fill(8))
      : encryptNip04(bytes, key, new Uint8Array(16));
  return made ?? '';
}

/** Damages the text within the text: the template of an event, its quotes put right again. */
function withTemplate(draw: Chance, text: string): string {
  try {
    const request: { params?: unknown[] } = JSON.parse(text);
    const [template, ...others] = request.params ?? [];
    if (typeof template !== 'string') return mutatedText(draw, text);
    return JSON.stringify({ ...request, params: [mutatedJson(draw, template), ...others] });
  } catch {
    return mutatedText(draw, text); // damaged before: there is no template to be found
  }
}

/** The same for the request itself; what is no JSON any more is damaged as a text. */
function mutatedRequest(draw: Chance, text: string): string {
  try {
    return mutatedJson(draw, text);
  } catch {
    return mutatedText(draw, text); // it was damaged before
  }
}

/** Roughly what it looks like: which signs of JSON are in it, and how long it is. */
function shapeOf({ plain, content }: AppInput): string {
  const text = content ?? Buffer.from(plain, 'hex').toString('latin1');
  const signs = ['\\u', '\\\\', '{', '[', ':null', '":', '\u0000', '?iv=']
    .map((sign) => (text.includes(sign) ? 1 : 0))
    .join('');
  return `${signs} ${Math.min(text.length >> 6, 20)}`;
}
