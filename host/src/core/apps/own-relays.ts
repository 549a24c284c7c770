/**
 * The relays of this host: those that it was started with, and those that its user added while it ran. Kept beside them is where apps
 * were told to find it last, so that they can be led on when that changes, also over a restart.
 */
import { relaysMax } from '../nip46/limits.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';

/** What is on disk: normal forms. `last` are those of the last change that apps elsewhere can reach. */
export type KeptRelays = { readonly added: readonly string[]; readonly last: readonly string[] };

/** `atOnce`: also for apps that are there still, which may not find this host again. */
export type RelayChange =
  | { readonly type: 'add'; readonly url: string }
  | { readonly type: 'remove'; readonly url: string; readonly atOnce: boolean };

export const noneKept: KeptRelays = { added: [], last: [] };

/** All of them, each once. */
export function ownOf(given: readonly string[], { added }: KeptRelays): readonly string[] {
  return [...new Set([...given, ...added])];
}

/** What is kept afterwards, or why nothing changes. `url` is a normal form. */
export function changed(given: readonly string[], kept: KeptRelays, change: RelayChange): KeptRelays | Refusal {
  const { url } = change;
  const own = ownOf(given, kept);
  if (change.type === 'add') {
    if (own.includes(url)) return kept;
    return own.length >= relaysMax ? tooMany : { ...kept, added: [...kept.added, url] };
  }
  if (given.includes(url)) return wasGiven;
  // What apps brought may be left at once, too; it is none of the host's own.
  if (!kept.added.includes(url) && !change.atOnce) return noSuch;
  return { ...kept, added: kept.added.filter((each) => each !== url) };
}

/** As one text. */
export function relaysText({ added, last }: KeptRelays): string {
  return JSON.stringify({ added, last });
}

/** Reads what `relaysText` wrote; null for anything else. */
export function parseRelays(text: string): KeptRelays | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // damaged, as anything else that is not what was written
  }
  if (typeof value !== 'object' || value === null) return null;
  const { added, last } = value as Record<string, unknown>;
  return isList(added) && isList(last) ? { added, last } : null;
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= relaysMax && value.every((each) => typeof each === 'string');
}

const tooMany = refuse(
  'full',
  `This signer uses ${relaysMax} relays at most.`,
  'Remove one first: sallyport relays remove.',
);

const wasGiven = refuse(
  'malformed',
  'The host was started with this relay, and would use it again.',
  'Start it without this --relay.',
);

const noSuch = refuse(
  'malformed',
  'This relay is none that was added.',
  '"sallyport relays" lists them. One that only apps use is left with --at-once.',
);
