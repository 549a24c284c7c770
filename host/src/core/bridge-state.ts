/**
 * What the bridge is made of: its state, what comes in, what goes out. Values only; `bridge.ts` moves them.
 * Times are ms Unix time, except `createdAt`, which is seconds as in events.
 */
import { bridgeLimits as limits } from './bridge-limits.ts';
import type { DeviceAnswer, DeviceAsk, EventTemplate } from './device-port.ts';
import { type Ended, noneEnded } from './ended.ts';
import type { Encryption, RemoteSigner } from './envelope.ts';
import type { NostrEvent } from './event.ts';
import type { RequestedEvent } from './event-template.ts';
import type { RequestId } from './nip46-text.ts';
import type { RefusalCode } from './refusal.ts';
import { type SeenIds, seenIds } from './seen.ts';
import { type App, loadSessions, type Secret, type Sessions, type StoreRow } from './sessions.ts';
import { noStrangers, type Strangers } from './strangers.ts';

/** The machine. `account` is the user pubkey as the device last told it; null while nobody knows. */
export type BridgeState = {
  readonly signer: RemoteSigner;
  readonly account: string | null;
  readonly sessions: Sessions;
  readonly seen: SeenIds;
  readonly strangersSeen: SeenIds;
  readonly strangers: Strangers;
  readonly open: ReadonlyMap<number, OpenRequest>;
  readonly ended: Ended;
  readonly nextJob: number;
  readonly drops: Drops;
};

/** Why an event or a device answer was dropped without a word. Dropping is counted, never logged one by one: floods are cheap. */
export type DropReason =
  | 'oversized'
  | 'seen'
  | 'stale' // created_at is too far from our clock
  | 'misaddressed' // another kind, no or two `p` tags, or not our key
  | 'flooded' // a stranger beyond the budget
  | 'forged' // id or signature does not hold
  | 'undecryptable'
  | 'senseless' // a stranger's text that is no request
  | 'late'; // a device answer for a request that has ended

export type Drops = Readonly<Record<DropReason, number>>;

/** Whom to answer and how: joined by every repeat of the request. */
export type Origin = {
  readonly client: string;
  readonly relays: readonly string[];
  readonly encryption: Encryption;
  readonly createdAt: number;
};

/** A request that the device has. `key` says what a repeat of it looks like; `method` and `kind` are for the log. */
export type OpenRequest = {
  readonly id: RequestId;
  readonly key: string;
  readonly origin: Origin;
  readonly until: number;
  readonly method: string;
  readonly kind: number | null;
  readonly wants: Wants;
};

/** What the device was asked for. `account` comes before a signature whose template names another pubkey than the last known. */
export type Wants =
  | { readonly type: 'public_key' }
  | { readonly type: 'account'; readonly label: string; readonly template: RequestedEvent; readonly pubkey: string }
  | { readonly type: 'signature'; readonly template: EventTemplate; readonly pubkey: string | null }
  | { readonly type: 'text' };

/**
 * What comes in. `event` is shape-parsed (`parseEvent`), nothing more. `account` says what the device side knows of the user key
 * (null: unplugged, or another device). `secret` is a one-time secret that was just made, as `hashSecret` of it.
 */
export type BridgeInput =
  | { readonly type: 'event'; readonly relay: string; readonly event: NostrEvent }
  | { readonly type: 'answered'; readonly job: number; readonly answer: DeviceAnswer }
  | { readonly type: 'account'; readonly pubkey: string | null }
  | { readonly type: 'secret'; readonly hash: string; readonly name: string }
  | { readonly type: 'tick' };

/**
 * What goes out, to be performed in order: a `save` is synchronous and stands before whatever depends on it.
 * `answer` is to be sealed with fresh randomness and published to `relays` (they delivered the request) and all session relays.
 */
export type BridgeEffect =
  | { readonly type: 'save'; readonly row: StoreRow }
  | { readonly type: 'ask'; readonly job: number; readonly client: string; readonly ask: DeviceAsk }
  | { readonly type: 'cancel'; readonly job: number }
  | AnswerEffect
  | NoteEffect;

export type AnswerEffect = {
  readonly type: 'answer';
  readonly client: string;
  readonly relays: readonly string[];
  readonly encryption: Encryption;
  readonly createdAt: number;
  readonly text: string;
};

/** A line for the log: who (start of the client key), what, and what came of it. Never a text, a secret or a claim of the app. */
export type NoteEffect = {
  readonly type: 'note';
  readonly client: string;
  readonly method: string;
  readonly kind: number | null;
  readonly outcome: NoteOutcome;
};

export type NoteOutcome = 'asked' | 'joined' | 'repeated' | 'answered' | 'paired' | 'unpaired' | RefusalCode;

/** A new state and what is to be done. */
export type Step = [BridgeState, readonly BridgeEffect[]];

/** What the store loads. `seen` are ids of requests that led to something, oldest first: a restart is no second prompt. */
export type Loaded = {
  readonly apps: readonly App[];
  readonly secrets: readonly Secret[];
  readonly seen: readonly string[];
};

/** The bridge at start. */
export function startBridge(signer: RemoteSigner, loaded: Loaded): BridgeState {
  return {
    signer,
    account: null,
    sessions: loadSessions(loaded.apps, loaded.secrets),
    seen: seenIds(limits.seenChunk, limits.seenChunks, loaded.seen),
    strangersSeen: seenIds(limits.strangerSeenChunk, limits.strangerSeenChunks),
    strangers: noStrangers,
    open: new Map(),
    ended: noneEnded,
    nextJob: 1,
    drops: {
      oversized: 0,
      seen: 0,
      stale: 0,
      misaddressed: 0,
      flooded: 0,
      forged: 0,
      undecryptable: 0,
      senseless: 0,
      late: 0,
    },
  };
}

/** Counts a drop; nothing else changes. */
export function drop(state: BridgeState, reason: DropReason): BridgeState {
  return { ...state, drops: { ...state.drops, [reason]: state.drops[reason] + 1 } };
}
