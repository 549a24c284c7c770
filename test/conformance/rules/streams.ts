/** Chapter 8: what is pulled and pushed in chunks. */
import type { Message, Request } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { must, type Rule } from '../bench.ts';
import { nameOf, type Talk } from '../talk.ts';
import { eventOf, humanMs, inputOf, mustBeSigned, opened } from './asking.ts';
import { mustRefuse } from './messages.ts';

const label = 'conformance';
const chunkMax = 3840;
const headBytes = 100;

/** Serves the pulls of one input, in any order and as often as they come, and checks that they stay within it. */
function serveInput(
  talk: Talk,
  input: Uint8Array,
  wrong: (served: number, offset: number) => 'short' | 'error' | 'silence' | null,
) {
  const pulled = { far: headBytes, count: 0 };
  talk.serve = (request: Request): Message | null => {
    if (request.command !== 'chunk_get') return null;
    const { offset, length } = request.body;
    must(length >= 1 && length <= chunkMax && offset + length <= input.length, `a pull of ${length} at ${offset}`);
    const { id, command } = request;
    const damage = wrong(pulled.count++, offset);
    if (damage === 'silence') return null;
    if (damage === 'error') return { type: 'error', id, command, error: 'invalid_params' };
    pulled.far = Math.max(pulled.far, offset + length);
    const bytes = input.slice(offset, offset + length - (damage === 'short' ? 1 : 0));
    return { type: 'reply', id, command, body: { bytes } };
  };
  return pulled;
}

const large = eventOf({ kind: 30_023, tags: [['d', 'long']], content: 'Eine längere Geschichte. '.repeat(400) });

function startLarge(talk: Talk): number {
  const input = inputOf(large);
  const head = input.slice(0, headBytes);
  return talk.start('sign_event', { account: 0, label, input: { length: input.length, head } });
}

const broken = (
  name: string,
  damage: 'short' | 'error' | 'silence',
  error: 'stream_integrity' | 'stalled',
  ms: number,
): Rule => ({
  chapter: 8,
  name,
  presses: 0,
  check: async (talk) => {
    let at = -1;
    // The same each time: a device that fills up what lacks would else notice that it reads something else the second time.
    serveInput(talk, inputOf(large), (served, offset) => {
      if (served === 1) at = offset;
      return offset === at ? damage : null;
    });
    const id = startLarge(talk);
    mustRefuse(await talk.answerTo(id, 'sign_event', ms), error, name);
  },
});

export const streamRules: readonly Rule[] = [
  {
    chapter: 8,
    name: 'a large event is pulled to its end and not beyond, and signed whole',
    presses: 1,
    check: async (talk) => {
      const input = inputOf(large);
      const pulled = serveInput(talk, input, () => null);
      const id = startLarge(talk);
      await talk.until('the whole input is pulled', () => pulled.far === input.length, 20_000);
      await talk.bench.press(id, 'approve', `a kind 30023 of ${input.length} bytes`);
      await mustBeSigned(talk, id, large);
    },
  },
  broken('a chunk of another length ends the request as stream_integrity', 'short', 'stream_integrity', 3_000),
  broken('an error for a chunk ends the request as stream_integrity', 'error', 'stream_integrity', 3_000),
  broken('a chunk that does not come within 10 s ends the request as stalled', 'silence', 'stalled', 12_000),
  {
    chapter: 8,
    name: 'an output over 3840 bytes is pushed without gaps before the reply, whose head is empty',
    presses: 1,
    check: async (talk) => {
      const friend = generateSecretKey();
      const text = 'ein langer Brief. '.repeat(180);
      const input = Uint8Array.from(Buffer.from(text));
      const peer = Uint8Array.from(Buffer.from(getPublicKey(friend), 'hex'));
      const key = await talk.ask('get_public_key', { account: 0 });
      must(key.type === 'reply' && key.command === 'get_public_key', `get_public_key: ${nameOf(key)}`);
      const pieces: Uint8Array[] = [];
      let length = 0;
      talk.serve = (request) => {
        if (request.command !== 'chunk_put') return null;
        must(request.body.offset === length, `a push at ${request.body.offset}, and ${length} was next`);
        pieces.push(request.body.bytes);
        length += request.body.bytes.length;
        return { type: 'reply', id: request.id, command: 'chunk_put', body: {} };
      };
      const id = talk.start('nip44_encrypt', { account: 0, label, peer, input: { length: input.length, head: input } });
      await talk.bench.press(id, 'approve', `nip44_encrypt of ${input.length} bytes`);
      const answer = await talk.answerTo(id, 'nip44_encrypt', humanMs);
      must(answer.type === 'reply' && 'output' in answer.body, `nip44_encrypt: ${nameOf(answer)}`);
      const { output } = answer.body;
      must(output.length === length && output.head.length === 0, `pushed ${length}, the reply says ${output.length}`);
      const user = Buffer.from(key.body.pubkey).toString('hex');
      const payload = Buffer.concat(pieces).toString('ascii');
      const conversation = nip44.v2.utils.getConversationKey(friend, user);
      must(opened(() => nip44.v2.decrypt(payload, conversation)) === text, 'another text comes out');
    },
  },
];
