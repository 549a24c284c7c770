/**
 * Approval as a value. It is made only here, only from a screen that showed exactly this subject, by a press that began after
 * that screen was drawn; acting takes it, once. There is no other way to the user key.
 */
import { type DeviceError, decodeUtf8, encodeUtf8, type ReplyOf } from '@sallyport/device-protocol';
import type { Account } from './account.ts';
import type { Board, Env } from './env.ts';
import { decryptNip04, encryptNip04 } from './nip04.ts';
import { decryptNip44, encryptNip44 } from './nip44.ts';
import type { Asker } from './review.ts';
import { type Layout, layOut } from './screens.ts';
import { reviewOf, type Subject } from './subject.ts';

/** A subject on the screen. `drawnAt` is when the page that is seen now was drawn with its keys: earlier presses are not for it. */
export type Shown = { readonly subject: Subject; readonly layout: Layout; readonly drawnAt: number };

/** One approval of one subject. */
export type Approval = { readonly subject: Subject };

/** What acting gave: the reply of a signature, the bytes of a text, or the reason why not. */
export type Done =
  | { readonly type: 'signature'; readonly reply: ReplyOf<'sign_event'> }
  | { readonly type: 'output'; readonly bytes: Uint8Array }
  | { readonly type: 'error'; readonly error: DeviceError };

/** What was made by `putOnScreen`: a value that only looks like it is not approved. */
const onScreen = new WeakSet<Shown>();
/** The approvals that were given and not used. Kept outside the value, so that a copy of an approval is none. */
const given = new WeakSet<Approval>();

/** Lays a subject out for the screen: the only way to something that can be approved. */
export function putOnScreen(subject: Subject, asker: Asker, board: Board, drawnAt: number): Shown {
  return remember({ subject, layout: layOut(reviewOf(subject, asker), board), drawnAt });
}

/** The same subject, another page of it drawn at another time. */
export function drawnAgain(shown: Shown, drawnAt: number): Shown {
  if (!onScreen.has(shown)) throw new Error('drawing again what was never on the screen');
  return remember({ ...shown, drawnAt });
}

/** Approves what is shown; null when the press began before it was drawn: that finger was meant for something else. */
export function approve(shown: Shown, pressedAt: number): Approval | null {
  if (!onScreen.has(shown)) throw new Error('approving what was never on the screen');
  if (pressedAt < shown.drawnAt) return null;
  const approval: Approval = { subject: shown.subject };
  given.add(approval);
  return approval;
}

function remember(shown: Shown): Shown {
  onScreen.add(shown);
  return shown;
}

/** Does what was approved. An approval that was not given here, or was used before, is a fault. */
export function act(approval: Approval, account: Account, env: Env): Done {
  if (!given.delete(approval)) throw new Error('acting without an approval');
  const { subject } = approval;
  if (subject.command === 'sign_event') {
    const { id } = subject.event;
    const sig = env.crypto.signSchnorr(id, account.secret, env.random(32));
    return { type: 'signature', reply: { id, sig, pubkey: account.pubkey } };
  }
  const keys = account.conversation(subject.peer, env.crypto);
  const bytes = keys === null ? null : transform(subject, keys, env);
  return bytes === null ? { type: 'error', error: 'bad_payload' } : { type: 'output', bytes };
}

/** Encrypts or decrypts; null for what cannot be: a damaged payload, an empty text for NIP-44, plaintext that is not UTF-8. */
function transform(
  subject: Exclude<Subject, { command: 'sign_event' }>,
  keys: { readonly sharedX: Uint8Array; readonly nip44: Uint8Array },
  env: Env,
): Uint8Array | null {
  const { command, text } = subject;
  if (command === 'nip04_encrypt' || command === 'nip44_encrypt') {
    const plaintext = encodeUtf8(text);
    if (plaintext === null) return null;
    const payload =
      command === 'nip04_encrypt'
        ? encryptNip04(plaintext, keys.sharedX, env.random(16))
        : encryptNip44(plaintext, keys.nip44, env.random(32));
    return payload === null ? null : encodeUtf8(payload);
  }
  const plaintext = command === 'nip04_decrypt' ? decryptNip04(text, keys.sharedX) : decryptNip44(text, keys.nip44);
  return typeof plaintext === 'string' || decodeUtf8(plaintext) === null ? null : plaintext;
}
