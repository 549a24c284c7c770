/**
 * What a request addressed to the user key came to, whole: the signed event as JSON, or a text that would otherwise be pushed in pieces. It
 * is read out of the input once more, and is held: that is why such requests are small.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { decodeUtf8, limits } from '@sallyport/device-protocol';
import type { StreamEvent } from '../stream/event.ts';
import { gather, type Output } from '../stream/output.ts';
import { isRefused, orRefused, type Reading } from '../stream/reading.ts';
import { walkTags } from '../stream/tags.ts';
import { textOf } from '../stream/walk.ts';
import type { Done } from './approval.ts';
import type { Ending } from './job.ts';

/** Reads on until all of it is there. What changed meanwhile ends the request. */
export function* wholeOf(done: Done): Reading<Ending> {
  const whole = yield* orRefused(readWholeOf(done));
  return isRefused(whole) ? { type: 'error', ...whole } : whole;
}

function* readWholeOf(done: Done): Reading<Ending> {
  if (done.type === 'signature') {
    const { reply, event } = done;
    return { type: 'signature', reply, whole: yield* eventText(event, reply.sig) };
  }
  const made = done.type === 'opening' ? yield* done.reading : done;
  return made.type === 'large' ? yield* collected(made.output) : made;
}

/** The event as clients read it. Its parts were checked when its id was made. */
function* eventText(event: StreamEvent, sig: Uint8Array): Reading<string> {
  const tags: string[][] = [];
  const item = gather();
  let isOpen = false;
  const itemEnds = (): void => {
    if (isOpen) tags.at(-1)?.push(decodeUtf8(item.taken()) ?? '');
    isOpen = false;
  };
  yield* walkTags(event.tags, {
    tagBegins: () => tags.push([]),
    itemBegins: () => {
      itemEnds();
      isOpen = true;
    },
    item: item.tap,
    tagEnds: itemEnds,
  });
  const content = yield* textOf(event.content);
  const { created_at, kind } = event;
  const [id, pubkey] = [bytesToHex(event.id), bytesToHex(event.pubkey)];
  return JSON.stringify({ id, pubkey, created_at, kind, tags, content: content ?? '', sig: bytesToHex(sig) });
}

function* collected(output: Output): Reading<Ending> {
  const bytes = new Uint8Array(output.length);
  const producer = output.start();
  for (let at = 0; at < bytes.length; ) {
    const piece = yield* producer.next(limits.chunkMax);
    if (isRefused(piece)) return { type: 'error', ...piece };
    bytes.set(piece, at);
    at += piece.length;
  }
  return { type: 'output', bytes };
}
