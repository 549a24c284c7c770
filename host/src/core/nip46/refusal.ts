/**
 * A refusal: "no" as a value. It says what happened in words for the user and what they can do about it.
 * A refusal never carries anything secret: no plaintext, no key, no one-time secret.
 */

/** Why a request was not done. The codes are for programs (logs, tests, the control API); the words are for people. */
export type RefusalCode =
  | 'malformed' // the request is not what NIP-46 describes
  | 'unknown_method'
  | 'not_paired'
  | 'wrong_secret'
  | 'spent_secret'
  | 'expired_secret'
  | 'wrong_pubkey' // the template names another user than the one this app signs as
  | 'forbidden_kind' // kinds 14 and 15 are rumors and are never signed
  | 'too_large'
  | 'stale' // the app's clock and ours are too far apart
  | 'busy'
  | 'paused' // the user stopped the signer or the app for a while
  | 'narrowed' // a rule of the user refuses it
  | 'shutting_down'
  | 'interrupted' // it was asked before; what became of it is not known any more
  | 'device_absent' // it was not there, and was never asked
  | 'device_unplugged' // it went away while the request was open, and may have shown it
  | 'device_rebooted'
  | 'device_refused' // the device said no for a reason of its own
  | 'locked' // it waits for its PIN
  | 'not_set_up' // it has no key yet
  | 'forbidden' // it was told never to allow this
  | 'replayed' // it has seen this event, or a later one of the app
  | 'unauthenticated' // it could not verify that the app asked this
  | 'unknown_account'
  | 'not_announced' // nobody told it to expect an app
  | 'full'
  | 'rate_limited'
  | 'wrong_state'
  | 'denied' // the human said no
  | 'timed_out' // the human said nothing
  | 'cancelled'
  | 'bad_payload' // a ciphertext that does not decrypt, or a text that cannot be encrypted
  | 'bad_device_answer'; // what the device returned does not verify; never published

/** `words` says what happened, `advice` what to do next; both are complete sentences without a secret in them. */
export type Refusal = { readonly code: RefusalCode; readonly words: string; readonly advice: string };

/** Builds a refusal. */
export function refuse(code: RefusalCode, words: string, advice: string): Refusal {
  return { code, words, advice };
}

/** The one line that a client shows: what happened and what to do. */
export function refusalText(refusal: Refusal): string {
  return refusal.advice === '' ? refusal.words : `${refusal.words} ${refusal.advice}`;
}
