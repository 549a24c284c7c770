/**
 * The door: what an event must pass before anybody reads it, in the order of what each check costs. Size, repetition, age and
 * address cost nothing; strangers pay from a budget before the signature is verified, apps after it; decryption comes last.
 *
 * An id is marked as seen only after the signature held. Otherwise one relay could send a forged copy ahead of the genuine event
 * and so silence it on all others. Silence is for strangers: what is wrong with the event of an app is a refusal that it is told,
 * but at a user key, where nobody here could seal it.
 */

import { appAt, appAtUser, lineAt, userKeys, userSecrets } from '../apps/line-keys.ts';
import type { App } from '../apps/sessions.ts';
import type { DeviceAccount } from '../device/device-port.ts';
import { type Encryption, nip46Kind } from '../nip46/envelope.ts';
import type { NostrEvent } from '../nip46/event.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { charge } from './app-budgets.ts';
import { bridgeLimits as limits } from './bridge-limits.ts';
import type { BridgeState } from './bridge-state.ts';
import { take } from './budget.ts';
import { type DropReason, drop } from './drops.ts';
import { isSeen, isSeenOf, markSeen, markSeenOf } from './seen.ts';
import { spend } from './strangers.ts';

/** Either the event came through and this is its text, and why it is refused all the same; or it was dropped and counted. */
export type Passage =
  | {
      readonly type: 'through';
      readonly state: BridgeState;
      readonly text: string;
      readonly encryption: Encryption;
      /** The line whose key it is addressed to. */
      readonly line: string;
      readonly refusal: Refusal | null;
    }
  /** It is addressed to the user key of this account, and nobody here can open it. `app`: who sent it; undefined for a stranger. */
  | {
      readonly type: 'to_user';
      readonly state: BridgeState;
      readonly account: DeviceAccount;
      readonly app: App | undefined;
    }
  | { readonly type: 'dropped'; readonly state: BridgeState };

/** Checks an event and opens it. */
export function passDoor(state: BridgeState, event: NostrEvent, now: number): Passage {
  const line = lineOf(state, event);
  const account = line === null ? userOf(state, event) : undefined;
  if (account !== undefined) return passToUser(state, event, account, now);
  // What is paired at one key of ours is a stranger at another.
  const isPaired = line !== null && appAt(state.sessions, event.pubkey, line) !== undefined;
  const reason = cheapReason(state, event, isPaired, now);
  if (reason !== null) return dropped(state, reason);
  if (line === null) return dropped(state, 'misaddressed');
  return isPaired ? passApp(state, event, line, now) : passStranger(state, event, line, now);
}

/** The line whose key an event is addressed to, empty for the main one; null for none of ours. */
export function lineOf(state: BridgeState, event: NostrEvent): string | null {
  for (const to of recipients(event)) {
    const line = to === undefined ? null : lineAt(state, to);
    if (line !== null) return line;
  }
  return null;
}

/** The account whose user key an event is addressed to, where that answers; undefined for any other. */
export function userOf({ known }: BridgeState, event: NostrEvent): DeviceAccount | undefined {
  return userKeys(known).find(({ pubkey }) => recipients(event).includes(pubkey));
}

/** Silence is for all who ask there: nothing but the device could seal a word. Of strangers the device hears while a line waits for one, one at a time. */
function passToUser(state: BridgeState, event: NostrEvent, account: DeviceAccount, now: number): Passage {
  const { pubkey, content } = event;
  const app = appAtUser(state.sessions, pubkey, account.pubkey);
  const reason = cheapReason(state, event, app !== undefined, now);
  if (reason !== null) return dropped(state, reason);
  if (recipients(event).length !== 1) return dropped(state, 'misaddressed');
  if (secondsOff(event, now) > limits.freshnessSeconds) return dropped(state, 'stale');
  if (app !== undefined) {
    const budgets = charge(state.budgets, 'work', pubkey, content.length, now);
    if (budgets === null) return dropped(state, 'flooded');
    if (!state.signer.isGenuine(event)) return dropped(state, 'forged');
    return {
      type: 'to_user',
      state: { ...state, seen: markSeenOf(state.seen, pubkey, event.id), budgets },
      account,
      app,
    };
  }
  if (userSecrets(state, account.account, now).length === 0) return dropped(state, 'misaddressed');
  const isOne = [...state.open.values()].some(({ wants }) => wants.type === 'to_user' && !wants.isKnown);
  const unreadFullAt = isOne ? null : take(state.unreadFullAt, limits.unread, 1, now);
  if (unreadFullAt === null) return dropped(state, 'flooded');
  // The smaller budget first: what floods this key leaves the common one to those who ask at ours.
  const strangers = spend(state.strangers, pubkey, now);
  if (strangers === null) return dropped(state, 'flooded');
  if (!state.signer.isGenuine(event)) return dropped({ ...state, strangers }, 'forged');
  const strangersSeen = markSeen(state.strangersSeen, event.id);
  return { type: 'to_user', state: { ...state, strangers, unreadFullAt, strangersSeen }, account, app };
}

function passApp(state: BridgeState, event: NostrEvent, line: string, now: number): Passage {
  const flaw = flawOf(event, now);
  const { pubkey, content } = event;
  // Looked at before, so that a relay that replays an archive costs no signatures; paid after, so that a forger cannot.
  if (flaw !== null && charge(state.budgets, 'told', pubkey, content.length, now) === null) {
    return dropped(state, 'flooded');
  }
  if (!state.signer.isGenuine(event)) return dropped(state, 'forged');
  const seen = markSeenOf(state.seen, pubkey, event.id);
  const forWork = flaw === null ? charge(state.budgets, 'work', pubkey, content.length, now) : null;
  const budgets = forWork ?? charge(state.budgets, 'told', pubkey, content.length, now);
  if (budgets === null) return dropped({ ...state, seen }, 'flooded');
  return openEvent({ ...state, seen, budgets }, event, line, forWork === null ? (flaw ?? tooFast) : null);
}

function passStranger(state: BridgeState, event: NostrEvent, line: string, now: number): Passage {
  const strangers = spend(state.strangers, event.pubkey, now);
  if (strangers === null) return dropped(state, 'flooded');
  if (!state.signer.isGenuine(event)) return dropped({ ...state, strangers }, 'forged');
  const seen = { ...state, strangers, strangersSeen: markSeen(state.strangersSeen, event.id) };
  return openEvent(seen, event, line, null);
}

function openEvent(state: BridgeState, event: NostrEvent, line: string, refusal: Refusal | null): Passage {
  const opened = state.signer.at(line).open(event);
  if (opened.type === 'undecryptable') return dropped(state, 'undecryptable');
  return { type: 'through', state, text: opened.text, encryption: opened.encryption, line, refusal };
}

function cheapReason(state: BridgeState, event: NostrEvent, isPaired: boolean, now: number): DropReason | null {
  const contentMax = isPaired ? limits.contentMax : limits.strangerContentMax;
  const tagCharsMax = isPaired ? limits.tagCharsMax : limits.strangerTagCharsMax;
  if (event.content.length > contentMax || tagChars(event, tagCharsMax) > tagCharsMax) return 'oversized';
  if (!isPaired && event.tags.length > limits.tagsMax) return 'oversized';
  if (isSeenOf(state.seen, event.pubkey, event.id) || isSeen(state.strangersSeen, event.id)) return 'seen';
  if (secondsOff(event, now) > (isPaired ? limits.staleToldSeconds : limits.freshnessSeconds)) return 'stale';
  // Our own answers and the events that a shell sends to itself to see whether a relay is alive come back here, too.
  if (event.kind !== nip46Kind || lineAt(state, event.pubkey) !== null) return 'misaddressed';
  return isPaired || recipients(event).length === 1 ? null : 'misaddressed';
}

/** What is wrong with the envelope of an app. Exactly one `p` tag: the same binding that a device checks. */
function flawOf(event: NostrEvent, now: number): Refusal | null {
  const off = secondsOff(event, now);
  if (off > limits.freshnessSeconds) return stale(off);
  if (event.tags.length > limits.tagsMax) return malformed(`has more than ${limits.tagsMax} tags`);
  return recipients(event).length === 1 ? null : malformed('names more than one recipient');
}

function recipients(event: NostrEvent): readonly (string | undefined)[] {
  return event.tags.filter((tag) => tag[0] === 'p').map((tag) => tag[1]);
}

function secondsOff(event: NostrEvent, now: number): number {
  return Math.abs(event.created_at - now / 1000);
}

/** Characters of the tags as JSON, or more than `max`; escapes are not counted, which can make it six times as much. */
function tagChars(event: NostrEvent, max: number): number {
  let chars = 0;
  for (const tag of event.tags) {
    chars += 3;
    for (const item of tag) chars += item.length + 3;
    if (chars > max) return chars;
  }
  return chars;
}

function stale(off: number): Refusal {
  const words = `The clocks of the app and of the signer are ${Math.round(off / 60)} minutes apart.`;
  return refuse('stale', words, 'Set them, then ask again.');
}

function malformed(what: string): Refusal {
  return refuse('malformed', `The event of the request ${what}.`, 'Report it to the maker of the app.');
}

const tooFast = refuse('busy', 'The app asks faster than this signer works.', 'Ask again in a minute.');

function dropped(state: BridgeState, reason: DropReason): Passage {
  return { type: 'dropped', state: drop(state, reason) };
}
