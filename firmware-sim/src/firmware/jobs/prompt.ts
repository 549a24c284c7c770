/**
 * What the human can be asked: to use the key, to pair an app, to give a grant. A prompt is the value that is shown (its review is made of
 * it and of nothing else), agreed to, and acted upon.
 */

import type { Board } from '../env.ts';
import type { ClientRecord } from '../policy/clients.ts';
import type { Question } from '../policy/decide.ts';
import { sameBytes } from '../policy/grant.ts';
import type { NewGrant } from '../policy/grants.ts';
import { type Asker, type Review, reviewDecryption, reviewEncryption, reviewFacts } from '../screen/review.ts';
import { type PairedApp, reviewGrant, reviewPairing, reviewTogether } from '../screen/review-apps.ts';
import { sectionsOf } from '../stream/event.ts';
import { type Pages, pagesOf } from '../stream/pages.ts';
import { orRefused, type Reading, type Refused, readAtHand } from '../stream/reading.ts';
import { type HeadedSection, layText } from '../stream/sections.ts';
import type { Envelope } from './envelope.ts';
import { decrypts, type Subject, type TextSubject } from './subject.ts';

/** The app behind a request: as it was known when the request came, what it signed, and the question that the policy was asked. */
export type AppAsking = { readonly record: ClientRecord; readonly envelope: Envelope; readonly question: Question };

export type Prompt =
  | UsePrompt
  | { readonly about: 'pair'; readonly app: PairedApp; readonly wanted: NewPairing }
  | {
      readonly about: 'grant';
      readonly asker: Asker;
      readonly record: ClientRecord;
      readonly grant: NewGrant;
      /** What was decided about the grants before it, and what is asked after it. */
      readonly given: readonly boolean[];
      readonly rest: readonly NewGrant[];
    };

/** `app` is null when a computer asks in its own name; `pages` for a decryption, of which the facts are all that there is to be seen. */
export type UsePrompt = {
  readonly about: 'use';
  readonly subject: Subject;
  readonly asker: Asker;
  readonly app: AppAsking | null;
  readonly pages: SubjectPages | null;
};

/** The pages of this very subject, all of which could be read, and the rows of the first one. */
export type SubjectPages = Pages & { readonly of: Subject; readonly first: readonly string[] };

/** Makes the question about a use of the key. What is to be read in full is gone through for it, unless it was laid out before. */
export function* askUse(use: Omit<UsePrompt, 'about' | 'pages'>, board: Board): Reading<UsePrompt | Refused> {
  const { subject, asker } = use;
  if (subject.command !== 'sign_event' && decrypts(subject)) return { about: 'use', ...use, pages: null };
  const sections = yield* orRefused(shownOf(subject, board.columns));
  if ('error' in sections) return sections;
  const pages = pagesOf(reviewUse(subject, asker), sections, board);
  const first = yield* pages.page(0);
  return 'error' in first ? first : { about: 'use', ...use, pages: { ...pages, of: subject, first } };
}

function* shownOf(subject: Subject, columns: number): Reading<readonly HeadedSection[]> {
  if (subject.command === 'sign_event') return yield* sectionsOf(subject.event, columns);
  return subject.laid ?? (yield* layText('text', subject.text, columns));
}

/** The pages of texts that are asked about together: they are at hand, all of them. */
export function pagesTogether(prompts: readonly UsePrompt[], review: Review, board: Board): Pages {
  const sections = prompts.flatMap(({ subject }, i) => {
    if (subject.command === 'sign_event' || decrypts(subject)) return [];
    return readAtHand(layText(`text ${i + 1}`, subject.text, board.columns));
  });
  return pagesOf(review, sections, board);
}

/** What a pairing writes down. `eventId`: of the `connect` that the app signed; null when the computer speaks for it. */
export type NewPairing = {
  readonly client: Uint8Array;
  readonly remoteSigner: Uint8Array;
  readonly account: number;
  readonly name: string;
  readonly createdAt: number;
  readonly id: Uint8Array | null;
  readonly wishes: readonly NewGrant[];
  readonly replaces: ClientRecord | null;
};

/** What the human reads before deciding about these, all at once. */
export function reviewOf(prompts: readonly Prompt[]): Review {
  const [first, ...others] = prompts;
  if (first === undefined) throw new Error('a question about nothing');
  if (others.length > 0) return together(first, prompts);
  switch (first.about) {
    case 'use':
      return reviewUse(first.subject, first.asker);
    case 'pair':
      return reviewPairing(first.app);
    case 'grant': {
      const before = first.given.length;
      return reviewGrant(first.asker, first.grant, before + 1, before + 1 + first.rest.length);
    }
  }
}

/**
 * Whether two requests are one question: of one app, the same use of texts by the same account. Whether it is from oneself is another question; and a text
 * that has to be pulled for each of its pages is read by itself.
 */
export function askTheSame(a: Prompt, b: Prompt): boolean {
  if (a.about !== 'use' || b.about !== 'use' || a.app === null || b.app === null) return false;
  if (a.subject.command === 'sign_event' || b.subject.command === 'sign_event') return false;
  if (a.subject.command !== b.subject.command || !standsBeside(a.subject) || !standsBeside(b.subject)) return false;
  if (a.app.record.slot !== b.app.record.slot || a.app.question.own !== b.app.question.own) return false;
  // A slot may be another app's by now.
  if (!sameBytes(a.app.envelope.client, b.app.envelope.client)) return false;
  return sameBytes(a.subject.pubkey, b.subject.pubkey);
}

function standsBeside(subject: TextSubject): boolean {
  return decrypts(subject) || subject.text.bytes.atHand;
}

function together(first: Prompt, prompts: readonly Prompt[]): Review {
  if (first.about !== 'use') throw new Error('only uses of the key are asked together');
  const subjects = prompts.map((prompt) => {
    if (prompt.about !== 'use' || prompt.subject.command === 'sign_event' || !askTheSame(first, prompt)) {
      throw new Error('what does not ask the same was put together');
    }
    return prompt.subject;
  });
  return reviewTogether(first.asker, subjects);
}

function reviewUse(subject: Subject, asker: Asker): Review {
  switch (subject.command) {
    case 'sign_event':
      return reviewFacts(asker, subject.event);
    case 'nip04_encrypt':
    case 'nip44_encrypt':
      return reviewEncryption(subject.command, asker, subject.peer, subject.text.length);
    case 'nip04_decrypt':
    case 'nip44_decrypt':
      return reviewDecryption(subject.command, asker, subject.peer, subject.text.length);
  }
}
