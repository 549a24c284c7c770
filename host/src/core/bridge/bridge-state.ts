/**
 * What the bridge is made of: its state, what comes in, what goes out. Values only; `bridge.ts` moves them.
 * Times are ms Unix time, except `createdAt`, which is seconds as in events.
 */

import type { ClientMetadata } from '../apps/client-metadata.ts';
import type { Introduced } from '../apps/introducing.ts';
import type { Comparison } from '../apps/replaced.ts';
import type { OwnRelays } from '../apps/session-relays.ts';
import type { NewSecret, Sessions } from '../apps/sessions.ts';
import type { AskedRow, ChallengeRow, KnownAccounts, StoreRow } from '../apps/store-rows.ts';
import type { DeviceAccount, DeviceAnswer, DeviceAsk, EventTemplate } from '../device/device-port.ts';
import type { Narrowing } from '../narrowing/narrowing.ts';
import type { Encryption, RemoteSigner } from '../nip46/envelope.ts';
import type { NostrEvent } from '../nip46/event.ts';
import type { RequestedEvent } from '../nip46/event-template.ts';
import type { RequestId } from '../nip46/nip46-text.ts';
import type { RefusalCode } from '../nip46/refusal.ts';
import type { Challenges } from '../web/challenge.ts';
import type { People } from '../web/people.ts';
import type { Web } from '../web/web.ts';
import type { AppBudgets } from './app-budgets.ts';
import type { Drops } from './drops.ts';
import type { Ended } from './ended.ts';
import type { SeenByClient, SeenIds } from './seen.ts';
import type { Strangers } from './strangers.ts';

/** What is known of the device that is there. `knowsApps`: it pairs apps and judges what they ask itself. */
export type KnownDevice = { readonly life: 'fresh' | 'locked' | 'ready'; readonly knowsApps: boolean };

/**
 * The machine. `accounts` are the user pubkeys by number, as the device that is there told them; `known` are those on disk. `workedAt` is when a human last decided
 * something: whoever waits for the device waits for that. `revoking`: the apps that the device is being told to forget (`pairOf`), by job.
 */
export type BridgeState = {
  readonly signer: RemoteSigner;
  readonly device: KnownDevice | null;
  readonly accounts: ReadonlyMap<number, string>;
  readonly known: KnownAccounts | null;
  readonly revoking: ReadonlyMap<number, string>;
  readonly sessions: Sessions;
  readonly ownRelays: OwnRelays;
  /** When each app that is elsewhere was told of them (Unix time, as its answer says). */
  readonly relaysTold: ReadonlyMap<string, number>;
  readonly narrowing: Narrowing;
  /** The web address of this host, null where it has none; and who has a name there. */
  readonly web: Web | null;
  readonly people: People;
  /** Strangers that were sent there, and when the budget of clicks is full again. */
  readonly challenges: Challenges;
  readonly clicksFullAt: number;
  readonly seen: SeenByClient;
  readonly strangersSeen: SeenIds;
  readonly strangers: Strangers;
  /** When the budget of strangers that only the device can read is full again. */
  readonly unreadFullAt: number;
  readonly budgets: AppBudgets;
  readonly open: ReadonlyMap<number, OpenRequest>;
  readonly ended: Ended;
  readonly nextJob: number;
  readonly workedAt: number;
  readonly stopping: boolean;
  readonly drops: Drops;
};

/** Whom to answer and how: joined by every repeat of the request. `line`: the one whose key was asked, empty for the main one. */
export type Origin = {
  readonly client: string;
  readonly line: string;
  readonly relays: readonly string[];
  readonly encryption: Encryption;
  readonly createdAt: number;
};

/**
 * A request that the device side has. `key` says what a repeat of it looks like, within its client; `sentAt` is when it reached the
 * device itself, null while it waits for its turn; `chars` is the size in which it came; `method` and `kind` are for the log; `isKept`: it
 * is on disk until it ends, for the next host.
 */
export type OpenRequest = {
  readonly id: RequestId;
  readonly key: string;
  readonly origin: Origin;
  readonly cameAt: number;
  readonly sentAt: number | null;
  readonly chars: number;
  readonly method: string;
  readonly kind: number | null;
  readonly isKept: boolean;
  readonly wants: Wants;
};

/**
 * What the device was asked for, and as which account. `account` comes before a signature whose template names another pubkey than
 * the last known.
 */
export type Wants =
  /** What the app claims, and the secret as its hash. */
  | {
      readonly type: 'pairing';
      readonly metadata: ClientMetadata;
      readonly perms: string;
      readonly secretHash: string;
      /** The result that the app is told. */
      readonly told: string;
    }
  /** A new account; `name` is the one to be served, or empty, `email` its keyed hash, or empty. */
  | { readonly type: 'new_account'; readonly name: string; readonly email: string }
  | { readonly type: 'public_key'; readonly account: number }
  | { readonly type: 'account'; readonly account: number; readonly signing: Signing; readonly pubkey: string }
  | {
      readonly type: 'signature';
      readonly account: number;
      readonly template: EventTemplate;
      readonly pubkey: string | null;
    }
  /** What was addressed to the user key of an account, and what it is the device alone knows. */
  | { readonly type: 'to_user'; readonly account: number; readonly pubkey: string; readonly isKnown: boolean }
  /** Whom it is from or for, and what is to be encrypted or decrypted. */
  | { readonly type: 'text'; readonly peer: string; readonly text: string };

/** A signature that is to be asked for: of which template, under which label, in which event of the app. */
export type Signing = {
  readonly label: string;
  readonly id: RequestId;
  readonly template: RequestedEvent;
  readonly event: NostrEvent;
};

/**
 * What comes in. `event` is shape-parsed (`parseEvent`), nothing more. `device` says what is there (null: nothing, or it is not known
 * yet), `accounts` the keys that it told (`device`: its static key, null where it is not paired). `secret` is a one-time secret that was
 * just made, as `hashSecret` of it. `introduced` is an app of a `nostrconnect://` line to which the device's human said yes. `own_relays` are those of everybody from now on; `before`: where apps were told to be until now, `gone`: where none is waited for any more. `sent` says that the device has the question now. `narrow` is what the user lets through from now on,
 * `unpair` their end of a session. `stop` ends everything that is open, with a word to whoever asked; nothing is asked after it.
 */
export type BridgeInput =
  | { readonly type: 'event'; readonly relay: string; readonly event: NostrEvent }
  /** What a host before this one had asked when it was cut off. */
  | { readonly type: 'resume'; readonly asked: readonly AskedRow[]; readonly challenges?: readonly ChallengeRow[] }
  | { readonly type: 'sent'; readonly job: number }
  | { readonly type: 'answered'; readonly job: number; readonly answer: DeviceAnswer }
  | { readonly type: 'device'; readonly device: KnownDevice | null }
  | { readonly type: 'accounts'; readonly device: string | null; readonly accounts: readonly DeviceAccount[] }
  | ({ readonly type: 'secret' } & NewSecret)
  | { readonly type: 'void_secret'; readonly hash: string }
  | ({ readonly type: 'introduced' } & Introduced)
  | {
      readonly type: 'own_relays';
      readonly relays: OwnRelays;
      readonly before?: readonly string[];
      readonly gone?: readonly string[];
    }
  | { readonly type: 'web'; readonly web: Web | null }
  | { readonly type: 'people'; readonly people: People }
  /** Somebody clicked on the page of a challenge. */
  | { readonly type: 'clicked'; readonly token: string }
  | { readonly type: 'narrow'; readonly narrowing: Narrowing }
  | { readonly type: 'unpair'; readonly client: string }
  /** The user refuses one open request. */
  | { readonly type: 'reject'; readonly job: number }
  | { readonly type: 'stop' }
  | { readonly type: 'tick' };

/**
 * What goes out, to be performed in order: a `save` is synchronous and stands before whatever depends on it.
 * `answer` is to be sealed with fresh randomness and published to `relays` (they delivered the request) and all session relays.
 */
export type BridgeEffect =
  | { readonly type: 'save'; readonly row: StoreRow }
  /** `resumed`: a host before this one asked it already, so the device is asked first what became of that. */
  | {
      readonly type: 'ask';
      readonly job: number;
      readonly client: string;
      readonly ask: DeviceAsk;
      readonly resumed?: true;
    }
  | { readonly type: 'cancel'; readonly job: number }
  | AnswerEffect
  /** An answer that the device sealed: to be published as it is, where an answer of ours would be. */
  | {
      readonly type: 'publish';
      readonly client: string;
      readonly relays: readonly string[];
      readonly event: NostrEvent;
    }
  | NoteEffect
  /** The line of an app that asked for nothing said what it is to be asked about: these permissions, on the device. */
  | { readonly type: 'propose'; readonly client: string; readonly remoteSigner: string; readonly perms: string }
  /** Another device than before told its accounts. */
  | { readonly type: 'replaced'; readonly comparison: Comparison };

export type AnswerEffect = {
  readonly type: 'answer';
  readonly client: string;
  /** Whose key seals it. */
  readonly line: string;
  readonly relays: readonly string[];
  readonly encryption: Encryption;
  readonly createdAt: number;
  readonly text: string;
};

/**
 * A line for the log: who, what, what came of it, and why in words where that was a refusal. Never a text, a secret or a claim of
 * the app. `way` says when the request passed where: `createdAt` by the app's clock, in seconds.
 */
export type NoteEffect = {
  readonly type: 'note';
  readonly client: string;
  readonly method: string;
  readonly kind: number | null;
  readonly outcome: NoteOutcome;
  readonly why: string;
  readonly way: Way;
};

/** When a request was made, came, and was with the device. */
export type Way = {
  readonly createdAt: number | null;
  readonly cameAt: number | null;
  readonly sentAt: number | null;
};

export type NoteOutcome =
  | 'asked'
  | 'challenged'
  | 'joined'
  | 'repeated'
  | 'answered'
  | 'paired'
  | 'unpaired'
  | RefusalCode;

/** A new state and what is to be done. */
export type Step = [BridgeState, readonly BridgeEffect[]];
