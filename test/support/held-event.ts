/** An event that lies in a stream, as one value: what was read of it, read again from the input and put together. */
import { decodeUtf8 } from '@sallyport/device-protocol';
import type { StreamEvent } from '../../firmware-sim/src/firmware/stream/event.ts';
import { readWhole } from '../../firmware-sim/src/firmware/stream/reading.ts';
import { walkTags } from '../../firmware-sim/src/firmware/stream/tags.ts';
import { textOf } from '../../firmware-sim/src/firmware/stream/walk.ts';

export type HeldEvent = {
  readonly kind: number;
  readonly content: string;
  readonly tags: string[][];
  readonly created_at: number;
};

export function heldEvent({ kind, created_at, content, tags }: StreamEvent, input: Uint8Array): HeldEvent {
  const text = readWhole(textOf(content), input);
  if (text === null) throw new Error('the text of an event is no UTF-8');
  return { kind, content: text, tags: tagsOf(tags, input), created_at };
}

function tagsOf(tags: StreamEvent['tags'], input: Uint8Array): string[][] {
  const lists: number[][][] = [];
  const walk = walkTags(tags, {
    tagBegins: () => void lists.push([]),
    itemBegins: () => void lists.at(-1)?.push([]),
    item: (bytes, from, to) =>
      void lists
        .at(-1)
        ?.at(-1)
        ?.push(...bytes.subarray(from, to)),
    tagEnds: () => undefined,
  });
  readWhole(walk, input);
  return lists.map((tag) => tag.map((item) => decodeUtf8(Uint8Array.from(item)) ?? ''));
}
