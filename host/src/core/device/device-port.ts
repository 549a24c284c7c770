/**
 * What the host asks of a device, and what comes back: the port between the bridge and whatever speaks to hardware.
 * Values only; who carries them (our device protocol today, drivers for other signers later) is not known here.
 */
import type { ReplyOf } from '@sallyport/device-protocol';
import type { NostrEvent } from '../nip46/event.ts';
import type { Refusal } from '../nip46/refusal.ts';
import type { LogHead, RawEntry } from './device-log.ts';

/** The four text methods that use the user key. */
export type TextMethod = 'nip04_encrypt' | 'nip04_decrypt' | 'nip44_encrypt' | 'nip44_decrypt';

/** What a grant can be about. */
export type GrantMethod = 'sign_event' | TextMethod;

/** A grant that is proposed: what the app may, or may never, do without asking, and within which limits. Null is no limit. */
export type ProposedGrant = {
  readonly verdict: 'allow' | 'deny';
  readonly method: GrantMethod;
  /** Of `sign_event` only, and always there. */
  readonly kind: number | null;
  /** Of the others; null is everybody but the account itself. */
  readonly peer: string | null;
  readonly uses: number | null;
  readonly perMinute: number | null;
  /** Until the device is locked. */
  readonly session: boolean;
  readonly ms: number | null;
};

/** A grant as the device keeps it, with its number there. */
export type DeviceGrant = ProposedGrant & { readonly id: number };

/** An event as it is to be signed: every field that is hashed except the pubkey, which is the device's to say. */
export type EventTemplate = {
  readonly kind: number;
  readonly created_at: number;
  readonly tags: readonly (readonly string[])[];
  readonly content: string;
};

/** Asked in the host's own name. `label` names the asking app as this computer knows it: a hint, shown as such. */
export type OwnAsk =
  | { readonly method: 'get_public_key'; readonly account: number }
  | { readonly method: 'sign_event'; readonly account: number; readonly label: string; readonly event: EventTemplate }
  | {
      readonly method: TextMethod;
      readonly account: number;
      readonly label: string;
      readonly peer: string;
      readonly text: string;
    };

/** The app's own signed event, for a device that judges apps itself, and the key that opens its content. */
export type Carried = {
  readonly account: number;
  readonly event: NostrEvent;
  readonly conversationKey: Uint8Array;
};

/**
 * One question to the device. `client_request` is what an app asked; `own` is what is asked instead where the device knows no apps.
 * `client_connect` pairs an app that signed its `connect`, `client_introduce` one that this computer speaks for; `client_revoke` takes a pairing away; `grants` lists what an app may, `grants_propose` has the human asked for more, `grant_revoke` takes one; `accounts` asks which keys there are.
 */
export type DeviceAsk =
  | OwnAsk
  | { readonly method: 'client_request'; readonly carried: Carried; readonly own: OwnAsk }
  /** `announced`: the user made the line that it answers. */
  | { readonly method: 'client_connect'; readonly carried: Carried; readonly announced: boolean }
  /**
   * What an app addressed to the user key: only the device opens it, and seals the answer. `answerAt`: seconds of our clock. `secrets`: hashes of
   * those by which an app may come that it does not know.
   */
  | {
      readonly method: 'user_request';
      readonly carried: Omit<Carried, 'conversationKey'>;
      readonly answerAt: number;
      readonly secrets: readonly string[];
    }
  /** Whether an account answers what is addressed to its own key. */
  | { readonly method: 'account_address'; readonly account: number; readonly addressed: boolean }
  | {
      readonly method: 'client_introduce';
      readonly client: string;
      readonly remoteSigner: string;
      readonly account: number;
      readonly name: string;
      readonly perms: string;
      /** The user gave us the line. */
      readonly announced: boolean;
      /** Seconds: what the app signed before is not taken. */
      readonly createdAt: number;
    }
  | { readonly method: 'grants'; readonly client: string; readonly remoteSigner: string; readonly from: number }
  | {
      readonly method: 'grants_propose';
      readonly client: string;
      readonly remoteSigner: string;
      readonly grants: readonly ProposedGrant[];
    }
  | { readonly method: 'grant_revoke'; readonly client: string; readonly remoteSigner: string; readonly grant: number }
  | { readonly method: 'lock' }
  | { readonly method: 'client_revoke'; readonly client: string; readonly remoteSigner: string }
  /** A new account of this name, when the human said yes. */
  | { readonly method: 'account_create'; readonly name: string }
  | { readonly method: 'accounts' }
  /** The newest entry of the device's log, signed over a nonce of 32 bytes; and the entries from a number on. */
  | { readonly method: 'log_head'; readonly nonce: Uint8Array }
  | { readonly method: 'log_read'; readonly from: number };

/** An account of the device, as it names it. `addressed`: it answers what apps address to its own key. */
export type DeviceAccount = {
  readonly account: number;
  readonly name: string;
  readonly pubkey: string;
  readonly addressed?: true;
};

/**
 * An answer that the device sealed with the user key: the parts of its event, and what it was about, for our books. `refusal`: what the app is
 * told by it; `secret`: the hash of the one by which it came; `name`: what it
 * calls itself when it is paired, a claim.
 */
export type SealedAnswer = {
  readonly about: ReplyOf<'user_request'>['about'];
  readonly kind: number | null;
  readonly refusal: Refusal | null;
  readonly secret: string | null;
  readonly name: string;
  readonly createdAt: number;
  readonly id: string;
  readonly sig: string;
  readonly content: string;
};

/** What the device said. Keys, ids and signatures are lowercase hex. `paired` by `host`: the device leaves apps to the host. */
export type DeviceAnswer =
  | { readonly type: 'public_key'; readonly pubkey: string }
  | { readonly type: 'signature'; readonly id: string; readonly sig: string; readonly pubkey: string }
  | { readonly type: 'text'; readonly text: string }
  | ({ readonly type: 'sealed' } & SealedAnswer)
  | { readonly type: 'paired'; readonly by: 'device' | 'host' }
  | { readonly type: 'accounts'; readonly accounts: readonly DeviceAccount[] }
  | { readonly type: 'grants'; readonly total: number; readonly grants: readonly DeviceGrant[] }
  /** Which of the proposed grants the human gave. */
  | { readonly type: 'given'; readonly given: readonly boolean[] }
  /** The account that was made. */
  | { readonly type: 'made'; readonly account: number; readonly pubkey: string }
  | ({ readonly type: 'log_head' } & LogHead)
  | { readonly type: 'log'; readonly entries: readonly RawEntry[] }
  | { readonly type: 'done' }
  | { readonly type: 'refused'; readonly refusal: Refusal };
