/**
 * The door: what an event must pass before anybody reads it, in the order of what each check costs. Size, repetition, age and
 * address cost nothing; strangers pay from a budget before the signature is verified; decryption comes last.
 *
 * An id is marked as seen only after the signature held. Otherwise one relay could send a forged copy ahead of the genuine event
 * and so silence it on all others.
 */
import { bridgeLimits as limits } from './bridge-limits.ts';
import { type BridgeState, type DropReason, drop } from './bridge-state.ts';
import { type Encryption, nip46Kind } from './envelope.ts';
import { isGenuine, type NostrEvent } from './event.ts';
import { isSeen, markSeen } from './seen.ts';
import { spend } from './strangers.ts';

/** Either the event came through and this is its text, or it was dropped and counted. */
export type Passage =
  | { readonly type: 'through'; readonly state: BridgeState; readonly text: string; readonly encryption: Encryption }
  | { readonly type: 'dropped'; readonly state: BridgeState };

/** Checks an event and opens it. */
export function passDoor(state: BridgeState, event: NostrEvent, now: number): Passage {
  const isPaired = state.sessions.apps.has(event.pubkey);
  const reason = cheapReason(state, event, isPaired, now);
  if (reason !== null) return dropped(state, reason);
  const strangers = isPaired ? state.strangers : spend(state.strangers, event.pubkey, now);
  if (strangers === null) return dropped(state, 'flooded');
  const paid = { ...state, strangers };
  if (!isGenuine(event)) return dropped(paid, 'forged');
  const marked = isPaired
    ? { ...paid, seen: markSeen(paid.seen, event.id) }
    : { ...paid, strangersSeen: markSeen(paid.strangersSeen, event.id) };
  const opened = state.signer.open(event);
  if (opened.type === 'refused') return dropped(marked, 'undecryptable');
  return { type: 'through', state: marked, text: opened.text, encryption: opened.encryption };
}

function cheapReason(state: BridgeState, event: NostrEvent, isPaired: boolean, now: number): DropReason | null {
  const contentMax = isPaired ? limits.contentMax : limits.strangerContentMax;
  if (event.content.length > contentMax || event.tags.length > limits.tagsMax) return 'oversized';
  if (isSeen(state.seen, event.id) || isSeen(state.strangersSeen, event.id)) return 'seen';
  if (Math.abs(event.created_at - now / 1000) > limits.freshnessSeconds) return 'stale';
  return isForUs(state, event) ? null : 'misaddressed';
}

/** Exactly one `p` tag, and it names our key: the same binding that a device checks (DESIGN.md, section 4). */
function isForUs(state: BridgeState, event: NostrEvent): boolean {
  const named = event.tags.filter((tag) => tag[0] === 'p');
  // Our own answers and the events that a shell sends to itself to see whether a relay is alive come back here, too.
  if (event.kind !== nip46Kind || event.pubkey === state.signer.pubkey) return false;
  return named.length === 1 && named[0]?.[1] === state.signer.pubkey;
}

function dropped(state: BridgeState, reason: DropReason): Passage {
  return { type: 'dropped', state: drop(state, reason) };
}
