/**
 * Approval as a value. It is made only here, only from a screen that showed exactly this, by a press that began after that screen was
 * drawn; acting takes it, once. Beside it stands the use of a grant, made by the policy for exactly this subject (policy/grants.ts) and
 * taken once as well. There is no other way to the user key.
 */
import { type DeviceError, decodeUtf8, encodeUtf8, type ReplyOf } from '@sallyport/device-protocol';
import type { Board, Env } from '../env.ts';
import { decryptNip04, encryptNip04 } from '../formats/nip04.ts';
import { decryptNip44, encryptNip44 } from '../formats/nip44.ts';
import type { Account } from '../life/account.ts';
import { type GrantUse, takeUse } from '../policy/grants.ts';
import type { Review } from '../screen/review.ts';
import { layOut } from '../screen/screens.ts';
import type { Pages } from '../stream/pages.ts';
import { type Prompt, reviewOf } from './prompt.ts';
import type { Subject } from './subject.ts';

/** Prompts on the screen. `drawnAt` is when the page that is seen now was drawn with its keys: earlier presses are not for it. */
export type Shown = { readonly prompts: readonly Prompt[]; readonly layout: Laid; readonly drawnAt: number };

/** A question laid out for the board. Its pages are read when they are looked at, but for the first one. */
export type Laid = Pages & { readonly review: Review; readonly first: readonly string[] };

/** One approval of one prompt. */
export type Approval<P extends Prompt = Prompt> = { readonly prompt: P };

/** What acting gave: the reply of a signature, the bytes of a text, or the reason why not. */
export type Done =
  | { readonly type: 'signature'; readonly reply: ReplyOf<'sign_event'> }
  | { readonly type: 'output'; readonly bytes: Uint8Array }
  | { readonly type: 'error'; readonly error: DeviceError };

/** What was made by `putOnScreen`: a value that only looks like it is not approved. */
const onScreen = new WeakSet<Shown>();
/** The approvals that were given and not used. Kept outside the value, so that a copy of an approval is none. */
const given = new WeakSet<Approval>();

/** Lays prompts out for the screen: the only way to something that can be approved. */
export function putOnScreen(prompts: readonly Prompt[], board: Board, drawnAt: number): Shown {
  return remember({ prompts, layout: laidOut(prompts, board), drawnAt });
}

function laidOut(prompts: readonly Prompt[], board: Board): Laid {
  const review = reviewOf(prompts);
  const [prompt] = prompts;
  if (prompt?.about === 'use' && prompt.subject.command === 'sign_event') {
    const { pages, subject } = prompt;
    if (pages?.of !== subject.event || prompts.length > 1) throw new Error('an event and the pages of another one');
    return { ...pages, review };
  }
  const { count, page } = layOut(review, board);
  return {
    review,
    count,
    first: page(0),
    // biome-ignore lint/correctness/useYield: all of it is at hand
    page: function* (n) {
      return page(n);
    },
  };
}

/** The same prompts, another page of them drawn at another time. */
export function drawnAgain(shown: Shown, drawnAt: number): Shown {
  if (!onScreen.has(shown)) throw new Error('drawing again what was never on the screen');
  return remember({ ...shown, drawnAt });
}

/**
 * Approves all that is shown, each by an approval of its own; null when the press began before it was drawn, for that finger was meant for
 * something else, and when it takes a hold and this was none.
 */
export function approve(shown: Shown, pressedAt: number, held: boolean): readonly Approval[] | null {
  if (!onScreen.has(shown)) throw new Error('approving what was never on the screen');
  if (pressedAt < shown.drawnAt || (shown.layout.review.hold && !held)) return null;
  return shown.prompts.map((prompt) => {
    const approval: Approval = { prompt };
    given.add(approval);
    return approval;
  });
}

/** Takes an approval: true once for each that was given here, false for anything else. */
export function takeApproval(approval: Approval): boolean {
  return given.delete(approval);
}

function remember(shown: Shown): Shown {
  onScreen.add(shown);
  return shown;
}

/** Does what was approved. An approval that was not given here, or was used before, is a fault. */
export function act(approval: Approval, account: Account, env: Env): Done {
  const { prompt } = approval;
  if (!takeApproval(approval) || prompt.about !== 'use') throw new Error('acting without an approval');
  return useKey(prompt.subject, account, env);
}

/** Does what a grant allows. A use that the policy did not make, or that was taken before, is a fault. */
export function actByGrant(use: GrantUse<Subject>, account: Account, env: Env): Done {
  if (!takeUse(use)) throw new Error('acting without a grant');
  return useKey(use.subject, account, env);
}

function useKey(subject: Subject, account: Account, env: Env): Done {
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
