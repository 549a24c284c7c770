/**
 * A job: one open request that reads, decides or asks, from its arrival to its end. Its phases in order:
 *
 *     queued ──▶ reading ──▶ (decided) ──▶ waiting ──▶ reviewing ──▶ sending ──▶ (ended)
 *        ▲          │            ├── a grant allows it: it acts at once, past whatever is on the screen
 *        │          │            └── joined: an app signed the same request anew, and gets the answer of the first
 *        │          └─ pieces of the input come, as many times as the reading wants them
 *        └── with a task: it was decided; a payload is opened, or a large text is pushed, both out of the pieces of the input
 *
 * One job at a time reads, one is on the screen, one sends. Any phase may end early by a refusal.
 */
import type { Message, ReplyOf } from '@sallyport/device-protocol';
import type { Doing } from '../screen/screens.ts';
import type { Output, Producer } from '../stream/output.ts';
import type { Range, Reading, Refused } from '../stream/reading.ts';
import type { Turn } from '../turn.ts';
import type { Made, Shown } from './approval.ts';
import type { Prompt } from './prompt.ts';
import type { JobRequest } from './request.ts';

/** A chunk_get that is open: `chunk` is its id, `wants` the range that a reading needs to go on. */
export type Pull = { readonly wants: Range; readonly chunk: number; readonly stallAt: number };

/** A block that was asked for before the reading wants it; its bytes when they came. */
export type Ahead = Pick<Pull, 'wants' | 'chunk'> & { readonly bytes: Uint8Array | null };

/** What a reading comes to: how the job goes on. */
export type Next = (turn: Turn, job: Job) => void;

export type Job = {
  readonly id: number;
  readonly request: JobRequest;
  /** After a new link session: until when the host must claim this job by get_result. Null while it is claimed. */
  readonly claimBy: number | null;
} & Phase;

export type Phase =
  /** Waits for its turn; with a task it was decided, and that is left to be done. */
  | { readonly phase: 'queued'; readonly task?: Task }
  /** Reading the input, to decide, to lay out its pages, or to open it; `doing` is what the screen says of it, if anything. */
  | ({
      readonly phase: 'reading';
      readonly reading: Reading<Next>;
      readonly doing: Doing | null;
      /** Bytes that came, and how often the whole input will have to come. */
      readonly came: number;
      readonly passes: number;
      /** The blocks behind the wanted one, in their order: no more than the board has room for. */
      readonly ahead: readonly Ahead[];
    } & Pull)
  /** The human is to be asked, when the screen is free. */
  | { readonly phase: 'waiting'; readonly prompt: Prompt }
  /** As `first`, another job: what becomes of that one becomes of this one. */
  | { readonly phase: 'joined'; readonly first: number }
  | Reviewing
  /** Pushing a text that does not fit the reply, each piece when it was made: for that, pieces of the input come once more. */
  | {
      readonly phase: 'sending';
      readonly output: Output;
      readonly producer: Producer;
      readonly sent: number;
      readonly open: Making | Pushing;
    };

/** What is left of a request that was decided. */
export type Task =
  | { readonly type: 'open'; readonly reading: Reading<Next>; readonly doing: Doing | null; readonly passes: number }
  | { readonly type: 'send'; readonly output: Output }
  /** It had joined another one, and is answered as that was: what this device itself answers is made when its turn has come. */
  | { readonly type: 'answer'; readonly outcome: Outcome };

/** The next piece of an output is being made. */
export type Making = { readonly at: 'making'; readonly reading: Reading<Uint8Array | Refused> } & Pull;
/** A piece of so many bytes is on its way. */
export type Pushing = {
  readonly at: 'pushing';
  readonly size: number;
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

/** What the use of the key came to. `whole`: the signed event as JSON, where the device itself answers the app. */
export type Ending =
  | { readonly type: 'signature'; readonly reply: ReplyOf<'sign_event'>; readonly whole?: string }
  | Made;

/** How a job ended. */
export type Outcome =
  | Ending
  | { readonly type: 'public_key'; readonly pubkey: Uint8Array }
  /** Nothing more than that it was done. */
  | { readonly type: 'ack' }
  /** An app was paired, and given so many grants. */
  | { readonly type: 'paired'; readonly granted: number }
  | { readonly type: 'given'; readonly given: readonly boolean[] }
  /** A large result that had to make room for a newer one: the request is known to have ended, its answer is gone. */
  | { readonly type: 'forgotten' };

/** An ended request (results.ts). `forgetAt`: when how it ended is forgotten; that it ended is remembered longer. */
export type Ended =
  | {
      readonly of: 'job';
      readonly id: number;
      readonly request: JobRequest;
      readonly outcome: Outcome;
      readonly forgetAt: number;
    }
  /** `said`: the answer; null when it is forgotten. `host`: the computer that asked. */
  | {
      readonly of: 'flow';
      readonly id: number;
      readonly host: string;
      readonly said: Message | null;
      readonly forgetAt: number;
    };
