/**
 * What the host asks of a device, and what comes back: the port between the bridge and whatever speaks to hardware.
 * Values only; who carries them (our device protocol today, drivers for other signers later) is not known here.
 */
import type { Refusal } from './refusal.ts';

/** The four text methods that use the user key. */
export type TextMethod = 'nip04_encrypt' | 'nip04_decrypt' | 'nip44_encrypt' | 'nip44_decrypt';

/** An event as it is to be signed: every field that is hashed except the pubkey, which is the device's to say. */
export type EventTemplate = {
  readonly kind: number;
  readonly created_at: number;
  readonly tags: readonly (readonly string[])[];
  readonly content: string;
};

/** One question to the device. `label` names the asking app as this computer knows it: a hint, shown as such. */
export type DeviceAsk =
  | { readonly method: 'get_public_key' }
  | { readonly method: 'sign_event'; readonly label: string; readonly event: EventTemplate }
  | { readonly method: TextMethod; readonly label: string; readonly peer: string; readonly text: string };

/** What the device said. Keys, ids and signatures are lowercase hex. */
export type DeviceAnswer =
  | { readonly type: 'public_key'; readonly pubkey: string }
  | { readonly type: 'signature'; readonly id: string; readonly sig: string; readonly pubkey: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'refused'; readonly refusal: Refusal };
