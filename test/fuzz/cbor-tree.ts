/** Mutations of a CBOR value that leave it CBOR: numbers at their edges, other types, keys and items missing, doubled, moved. */
import type { Cbor } from '@sallyport/device-protocol';
import { edges, someCbor } from '../device-protocol/cbor/some-cbor.ts';
import { mutatedBytes, mutatedText } from '../support/mutations.ts';
import { between, type Chance, pick } from '../support/random.ts';

/** One change somewhere in the tree. */
export function mutatedCbor(draw: Chance, value: Cbor): Cbor {
  if (draw() < 0.08) return someCbor(draw);
  if (typeof value === 'number') return draw() < 0.5 ? pick(draw, edges) : fitted(value + between(draw, -2, 2));
  if (typeof value === 'string') return mutatedText(draw, value).toWellFormed();
  if (typeof value === 'boolean') return !value;
  if (value instanceof Uint8Array) return mutatedBytes(draw, value.slice(0, 4_000));
  return isMap(value) ? mutatedMap(draw, value) : mutatedList(draw, value);
}

function mutatedMap(draw: Chance, map: ReadonlyMap<number, Cbor>): Cbor {
  const entries = [...map];
  const at = between(draw, 0, Math.max(0, entries.length - 1));
  const [key = 0, item = 0] = entries[at] ?? [];
  const what = draw();
  if (what < 0.08) return new Map(entries.filter((_, i) => i !== at));
  if (what < 0.16) return withAnother(draw, map);
  return new Map(entries.map((entry) => (entry[0] === key ? [key, mutatedCbor(draw, item)] : entry)));
}

/** With a key above the others, if there is one. */
function withAnother(draw: Chance, map: ReadonlyMap<number, Cbor>): Cbor {
  const last = Math.max(-1, ...map.keys());
  return last === Number.MAX_SAFE_INTEGER
    ? map
    : new Map([...map, [fitted(last + between(draw, 1, 3)), someCbor(draw)]]);
}

function fitted(value: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, value));
}

function mutatedList(draw: Chance, list: readonly Cbor[]): Cbor {
  const items = [...list];
  const at = between(draw, 0, Math.max(0, items.length - 1));
  const item = items[at];
  const what = draw();
  if (item === undefined || what < 0.1) items.splice(at, 0, someCbor(draw));
  else if (what < 0.2) items.splice(at, 1);
  else if (what < 0.3) items.splice(at, 0, item);
  else items[at] = mutatedCbor(draw, item);
  return items;
}

function isMap(value: readonly Cbor[] | ReadonlyMap<number, Cbor>): value is ReadonlyMap<number, Cbor> {
  return value instanceof Map;
}
