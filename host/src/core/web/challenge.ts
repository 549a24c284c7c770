/**
 * An auth challenge (NIP-46): a stranger asked for something that needs a person, and was answered with the address of a page. This is
 * one of them, as a value: who asked, for what, and how far it is.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Origin } from '../bridge/bridge-state.ts';
import type { NostrEvent } from '../nip46/event.ts';
import type { AccountRequest, ConnectRequest } from '../nip46/nip46-text.ts';
import type { Logins } from './web.ts';

/** `token` is the secret part of the page's address; `key` says what a repeat of the request looks like, within its client. */
export type Challenge = {
  readonly token: string;
  readonly key: string;
  readonly origin: Origin;
  readonly request: ChallengedRequest;
  readonly event: NostrEvent;
  readonly since: number;
  readonly stage: Stage;
};

/** What a stranger may ask for without a bunker line. */
export type ChallengedRequest = ConnectRequest | AccountRequest;

/** `words` say why the last try came to nothing. `asking`: the device has it, or will. `account` is the one that was made, if one was. */
export type Stage =
  | { readonly type: 'waiting'; readonly words: string }
  | { readonly type: 'asking'; readonly job: number; readonly secretHash: string; readonly account: number | null }
  | { readonly type: 'ended'; readonly how: Ending; readonly at: number; readonly account: number | null };

export type Ending = 'approved' | 'denied' | 'expired' | 'failed';

/** By token. */
export type Challenges = ReadonlyMap<string, Challenge>;

export const noChallenges: Challenges = new Map();

export const challengeLimits = {
  /** Open at once. Keys are free, so strangers can take all of them: then no new app gets in this way, and nothing else suffers. */
  openMax: 32,
  /** With those that ended, whose pages are still looked at. */
  keptMax: 128,
  /** A person who was sent to the page has come within this, or does not come. */
  waitMs: 600_000,
  /** After a restart: nobody waits for longer, also where a person came at last and the device was asked. */
  recallMs: 1_800_000,
  /** How long the page says how it ended. */
  keptMs: 600_000,
  /** Clicks of all pages together: a click can cause a question on the device, and who asked can click as well as anybody. */
  clicks: { burst: 6, eachMs: 60_000 },
} as const;

/** The secret part of an address, from the event that asked. */
export function tokenOf({ key }: Logins, event: Pick<NostrEvent, 'id'>): string {
  return keyed(key, `page ${event.id}`).slice(0, 40);
}

/** The hash under which the device's yes is kept: of no secret that anybody has. */
export function pairingHash({ key }: Logins, token: string, now: number): string {
  return keyed(key, `pairing ${token} ${now}`);
}

/** What is there at this moment: what has ended long ago is not. */
export function challengeAt(challenges: Challenges, token: string, now: number): Challenge | null {
  const one = challenges.get(token);
  return one === undefined || isForgotten(one, now) ? null : one;
}

/** With this one, and without what has been forgotten. */
export function withChallenge(challenges: Challenges, one: Challenge, now: number): Challenges {
  const kept = new Map([...challenges].filter(([, each]) => !isForgotten(each, now)));
  kept.set(one.token, one);
  const ended = [...kept].filter(([, { stage }]) => stage.type === 'ended');
  for (const [token] of ended.slice(0, Math.max(0, kept.size - challengeLimits.keptMax))) kept.delete(token);
  return kept;
}

/** Those that have not ended. */
export function openChallenges(challenges: Challenges): readonly Challenge[] {
  return [...challenges.values()].filter(({ stage }) => stage.type !== 'ended');
}

/** When the next person has not come. */
export function nextChallengeEnd(challenges: Challenges): number | null {
  const waiting = [...challenges.values()].filter(({ stage }) => stage.type === 'waiting');
  return waiting.length === 0 ? null : Math.min(...waiting.map(({ since }) => since + challengeLimits.waitMs));
}

function isForgotten({ stage }: Challenge, now: number): boolean {
  return stage.type === 'ended' && now >= stage.at + challengeLimits.keptMs;
}

function keyed(key: Uint8Array, text: string): string {
  return bytesToHex(hmac(sha256, key, utf8ToBytes(text)));
}
