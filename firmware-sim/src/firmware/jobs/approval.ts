/**
 * Approval as a value. It is made only here, only from a screen that showed exactly this, by a press that began after that screen was
 * drawn; acting takes it, once. Beside it stands the use of a grant, made by the policy for exactly this subject (policy/grants.ts) and
 * taken once as well. There is no other way to the user key, but that what apps address to it is opened and answered with it (addressed.ts).
 */
import { type DeviceError, decodeUtf8, encodeUtf8, limits, type ReplyOf } from '@sallyport/device-protocol';
import type { Board, Env } from '../env.ts';
import { decryptNip04, encryptNip04 } from '../formats/nip04.ts';
import { decryptNip44, encryptNip44 } from '../formats/nip44.ts';
import type { Account, Conversation } from '../life/account.ts';
import { sameBytes } from '../policy/grant.ts';
import { type GrantUse, takeUse } from '../policy/grants.ts';
import type { Review } from '../screen/review.ts';
import { layOut } from '../screen/screens.ts';
import type { StreamEvent } from '../stream/event.ts';
import { decryptStream04, decryptStream44 } from '../stream/opening.ts';
import { encryptStream04, encryptStream44, type Output, outputOf } from '../stream/output.ts';
import type { Pages } from '../stream/pages.ts';
import { isRefused, type Reading, type Refused, readAtHand } from '../stream/reading.ts';
import { textOf } from '../stream/walk.ts';
import { type Prompt, pagesTogether, reviewOf, type UsePrompt } from './prompt.ts';
import { decrypts, type Subject, type TextSubject } from './subject.ts';

/** Prompts on the screen. `drawnAt` is when the page that is seen now was drawn with its keys: earlier presses are not for it. */
export type Shown = { readonly prompts: readonly Prompt[]; readonly layout: Laid; readonly drawnAt: number };

/** A question laid out for the board. Its pages are read when they are looked at, but for the first one. */
export type Laid = Pages & { readonly review: Review; readonly first: readonly string[] };

/** One approval of one prompt. */
export type Approval<P extends Prompt = Prompt> = { readonly prompt: P };

/** What acting gave: the reply of a signature, a text, the reason why not; or what is left to be read until one of them is known. */
export type Done =
  | { readonly type: 'signature'; readonly reply: ReplyOf<'sign_event'>; readonly event: StreamEvent }
  | Made
  | Opening;

/** What a payload of several pieces holds is known when all of it was read, so many times. */
export type Opening = { readonly type: 'opening'; readonly reading: Reading<Made>; readonly passes: number };

/** A text that fits its reply; one that does not, made anew whenever it is pushed; or none. */
export type Made =
  | { readonly type: 'output'; readonly bytes: Uint8Array }
  | { readonly type: 'large'; readonly output: Output }
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
  const uses = prompts.filter((prompt): prompt is UsePrompt => prompt.about === 'use' && !isDecryption(prompt.subject));
  const [use, ...others] = uses;
  if (use !== undefined && others.length === 0) {
    const { pages, subject } = use;
    if (pages?.of !== subject) throw new Error('a question with the pages of another one');
    return { ...pages, review };
  }
  if (use !== undefined) {
    const pages = pagesTogether(uses, review, board);
    const first = readAtHand(pages.page(0));
    if ('error' in first) throw new Error('what is at hand was refused');
    return { ...pages, review, first };
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

function isDecryption(subject: Subject): boolean {
  return subject.command !== 'sign_event' && decrypts(subject);
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

/** Whatever led here: a subject that was read for one account never meets the key of another one. */
function useKey(subject: Subject, account: Account, env: Env): Done {
  const pubkey = subject.command === 'sign_event' ? subject.event.pubkey : subject.pubkey;
  if (!sameBytes(pubkey, account.pubkey)) throw new Error('the key of another account than the one that was asked');
  if (subject.command === 'sign_event') {
    const { event } = subject;
    const { id } = event;
    const sig = env.crypto.signSchnorr(id, account.secret, env.random(32));
    return { type: 'signature', reply: { id, sig, pubkey: account.pubkey }, event };
  }
  const keys = account.conversation(subject.peer, env.crypto);
  if (keys === null) return { type: 'error', error: 'bad_payload' };
  return subject.text.bytes.atHand ? madeAtHand(subject, keys, env) : madeInStream(subject, keys, env);
}

/** Encrypts or decrypts; an error for what cannot be: a damaged payload, an empty text for NIP-44, plaintext that is not UTF-8. */
function madeAtHand(subject: TextSubject, keys: Conversation, env: Env): Made {
  const text = readAtHand(textOf(subject.text));
  const bytes = text === null ? null : transform(subject.command, text, keys, env);
  if (bytes === null) return { type: 'error', error: 'bad_payload' };
  return bytes.length > limits.chunkMax ? { type: 'large', output: outputOf(bytes) } : { type: 'output', bytes };
}

/** One of the four methods on a text that is at hand; null where it cannot be. */
export function transform(
  command: TextSubject['command'],
  text: string,
  keys: Conversation,
  env: Pick<Env, 'random'>,
): Uint8Array | null {
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

/** The same for what is read in pieces. Its nonce is drawn here, once: whenever the text is pushed again, it is the same text. */
function madeInStream({ command, text }: TextSubject, keys: Conversation, env: Pick<Env, 'random'>): Done {
  switch (command) {
    case 'nip44_encrypt':
      return fitting(encryptStream44(text, keys.nip44, env.random(32)));
    case 'nip04_encrypt':
      return fitting(encryptStream04(text, keys.sharedX, env.random(16)));
    case 'nip44_decrypt':
      return { type: 'opening', reading: opened(decryptStream44(text, keys.nip44)), passes: 1 };
    case 'nip04_decrypt':
      // Its iv stands at the end.
      return { type: 'opening', reading: opened(decryptStream04(text, keys.sharedX)), passes: 2 };
  }
}

/** A short text may come in a long request: its payload fits the reply then, and is made before it. */
function fitting(output: Output | Refused): Done {
  if (isRefused(output) || output.length > limits.chunkMax) return largeOf(output);
  return { type: 'opening', reading: opened(ready(output)), passes: 1 };
}

// biome-ignore lint/correctness/useYield: a reading that needs no piece
function* ready(output: Output): Reading<Output> {
  return output;
}

/** A payload of several pieces may hold a text that fits its reply. */
function* opened(reading: Reading<Output | Refused>): Reading<Made> {
  const output = yield* reading;
  if (isRefused(output) || output.length > limits.chunkMax) return largeOf(output);
  const bytes = yield* output.start().next(limits.chunkMax);
  return 'error' in bytes ? { type: 'error', ...bytes } : { type: 'output', bytes };
}

function largeOf(output: Output | Refused): Made {
  return isRefused(output) ? { type: 'error', ...output } : { type: 'large', output };
}
