/**
 * A job: one open request that reads, decides or asks, from its arrival to its end. Its phases in order:
 *
 *     queued ──▶ reading ──▶ (decided) ──▶ waiting ──▶ reviewing ──▶ sending ──▶ (ended)
 *                   │            ├── a grant allows it: it acts at once, past whatever is on the screen
 *                   │            └── joined: an app signed the same request anew, and gets the answer of the first
 *                   └─ pieces of the input come, as many times as the reading wants them
 *
 * One job at a time reads, one is on the screen, one sends. Any phase may end early by a refusal.
 */
import type { DeviceError, ReplyOf } from '@sallyport/device-protocol';
import type { Range, Reading, Refused } from '../stream/reading.ts';
import type { Turn } from '../turn.ts';
import type { Shown } from './approval.ts';
import type { Prompt } from './prompt.ts';
import type { JobRequest } from './request.ts';

/** A chunk_get that is open: `chunk` is its id, `wants` the range that a reading needs to go on. */
export type Pull = { readonly wants: Range; readonly chunk: number; readonly stallAt: number };

/** What a reading comes to: how the job goes on. */
export type Next = (turn: Turn, job: Job) => void;

export type Job = {
  readonly id: number;
  readonly request: JobRequest;
  /** After a new link session: until when the host must claim this job by get_result. Null while it is claimed. */
  readonly claimBy: number | null;
} & Phase;

export type Phase =
  /** Waits for its turn; with `output` it was decided before, and only its large result is to be pushed once more. */
  | { readonly phase: 'queued'; readonly output?: Uint8Array }
  /** Reading the input, to decide or to lay out its pages; `far` is the end of what was pulled. */
  | ({
      readonly phase: 'reading';
      readonly reading: Reading<Next>;
      readonly far: number;
    } & Pull)
  /** The human is to be asked, when the screen is free. */
  | { readonly phase: 'waiting'; readonly prompt: Prompt }
  /** As `first`, another job: what becomes of that one becomes of this one. */
  | { readonly phase: 'joined'; readonly first: number }
  | Reviewing
  /** Pushing a result that does not fit the reply. */
  | {
      readonly phase: 'sending';
      readonly output: Uint8Array;
      readonly sent: number;
      readonly chunk: number;
      readonly stallAt: number;
    };

/**
 * On the screen. `armed`: the keys count, and are named; `noticeAt` is when the host hears next what is waited for. `with`: other jobs
 * that ask the same of the same app, and are answered by the same press.
 */
export type Reviewing = {
  readonly phase: 'reviewing';
  readonly prompt: Prompt;
  readonly shown: Shown;
  readonly with: readonly number[];
  readonly armed: boolean;
  readonly place: Place;
  /** The page that is seen, and the one that is on its way: until it is there no key approves anything. */
  readonly rows: readonly string[];
  readonly paging: Paging | null;
  readonly deadline: number;
  readonly noticeAt: number;
};

/** A page that is being read. */
export type Paging = Pull & { readonly reading: Reading<readonly string[] | Refused>; readonly place: Place };

/**
 * Where in a review the human is: on a page (`seen` is the last of the pages that were drawn one after the other), on the page after the
 * last one, where it says what to remember, or choosing for how long.
 */
export type Place =
  | { readonly at: 'page'; readonly page: number; readonly seen: number }
  | { readonly at: 'remember'; readonly seen: number }
  | { readonly at: 'how_long'; readonly choice: number; readonly seen: number };

/** How a job ended. */
export type Outcome =
  | { readonly type: 'signature'; readonly reply: ReplyOf<'sign_event'> }
  | { readonly type: 'output'; readonly bytes: Uint8Array }
  | { readonly type: 'public_key'; readonly pubkey: Uint8Array }
  /** Nothing more than that it was done. */
  | { readonly type: 'ack' }
  /** An app was paired, and given so many grants. */
  | { readonly type: 'paired'; readonly granted: number }
  | { readonly type: 'given'; readonly given: readonly boolean[] }
  | { readonly type: 'error'; readonly error: DeviceError }
  /** A large result that had to make room for a newer one: the request is known to have ended, its answer is gone. */
  | { readonly type: 'forgotten' };

/** An ended request, kept so that a cable glitch never asks the human twice. */
export type Ended = {
  readonly id: number;
  readonly request: JobRequest;
  readonly outcome: Outcome;
  /** When the outcome is forgotten; that the request ended is remembered longer. */
  readonly forgetAt: number;
};
