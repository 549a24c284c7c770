/** What the store keeps, as values: what it loads, and one change of it. `sessions.ts` and the bridge decide which; `store/store.ts` performs them. */
import type { DeviceAccount } from '../device/device-port.ts';
import type { NostrEvent } from '../nip46/event.ts';
import type { People } from '../web/people.ts';
import type { App, Secret } from './sessions.ts';

/** A request event that was taken: whose it was, and the key of the request that it made (null: of none that a human is asked for). */
export type SeenRow = {
  readonly id: string;
  readonly client: string | null;
  readonly request: string | null;
  readonly createdAt: number;
};

/**
 * A request that the device was asked and that has not ended: the app's event as it came (the text in it stays encrypted), from which
 * relay and when (ms). `request` is its key.
 */
export type AskedRow = {
  readonly event: NostrEvent;
  readonly request: string;
  readonly relay: string;
  readonly cameAt: number;
};

/**
 * An auth challenge that has not ended: the secret part of its page's address, and the event that asked, as it came. `asking`: a person
 * clicked, and the device was asked about this account.
 */
export type ChallengeRow = {
  readonly token: string;
  readonly event: NostrEvent;
  readonly relay: string;
  readonly since: number;
  readonly asking: { readonly account: number; readonly secretHash: string } | null;
};

/** The accounts of the paired device as it last told them; `device` is its static key. */
export type KnownAccounts = { readonly device: string; readonly accounts: readonly DeviceAccount[] };

/** An app that logged out while the device was not there to be told: it is told when it comes. */
export type Revocation = { readonly client: string; readonly remoteSigner: string };

/**
 * One change of the store, atomic. `pair` spends the app's secret too, `pair_again` spent it before; both end a revocation that
 * waits, and leave one where the app spoke to another key before (`moved`). `unpair` leaves one where the device knew the app, `revoke` leaves one of an app that was not paired after all, and `revoked` ends it. `replaced`: another device is there, its accounts,
 * the apps that stay and those that go, the lines that are void; nothing waits to be revoked on it. `seen` forgets what is older
 * (seconds, as in events), and may keep the request that is asked now, until `ended`; `unasked` is its end too, and forgets that it was asked,
 * but not its events: no human saw it, so a new event may ask it again.
 */
export type StoreRow =
  | { readonly type: 'secret'; readonly secret: Secret }
  | { readonly type: 'drop_secret'; readonly hash: string }
  | { readonly type: 'pair' | 'pair_again'; readonly app: App; readonly moved?: Revocation }
  | { readonly type: 'unpair'; readonly client: string; readonly revocation: Revocation | null }
  | ({ readonly type: 'revoke' } & Revocation)
  | ({ readonly type: 'revoked' } & Revocation)
  | { readonly type: 'accounts'; readonly known: KnownAccounts }
  | {
      readonly type: 'replaced';
      readonly known: KnownAccounts;
      readonly apps: readonly App[];
      readonly unpaired: readonly string[];
      readonly dropped: readonly string[];
    }
  | { readonly type: 'people'; readonly people: People }
  /** How far it is now; and that it has ended. */
  | { readonly type: 'challenge'; readonly challenge: ChallengeRow }
  | { readonly type: 'challenge_ended'; readonly token: string }
  | {
      readonly type: 'seen';
      readonly seen: SeenRow;
      readonly forgetBefore: number;
      readonly asked: AskedRow | null;
    }
  | { readonly type: 'unasked'; readonly client: string; readonly request: string }
  | { readonly type: 'ended'; readonly client: string; readonly request: string };
