/**
 * A job: one open request that asks the human, from its arrival to its end. Its phases in order:
 *
 *     queued ──▶ receiving ──▶ reviewing ──▶ sending ──▶ (ended)
 *         └─ the input came whole ─▶┘   └─ the result fits its reply ─▶┘
 *
 * One job at a time is past `queued`: one stream, one screen. Any phase may end early by a refusal.
 */
import type { DeviceError, ReplyOf } from '@sallyport/device-protocol';
import type { Shown } from './approval.ts';
import type { AskingRequest } from './subject.ts';

export type Job = {
  readonly id: number;
  readonly request: AskingRequest;
  /** After a new link session: until when the host must claim this job by get_result. Null while it is claimed. */
  readonly claimBy: number | null;
} & Phase;

export type Phase =
  /** Waits for its turn; with `output` it was decided before, and only its large result is to be pushed once more. */
  | { readonly phase: 'queued'; readonly output?: Uint8Array }
  /** Pulling the input: `chunk` is the id of the chunk_get that is open, `buffer` as long as the whole input. */
  | {
      readonly phase: 'receiving';
      readonly buffer: Uint8Array;
      readonly received: number;
      readonly asked: number;
      readonly chunk: number;
      readonly stallAt: number;
    }
  /**
   * On the screen. `armed`: the keys count, and are named; `seen` is the last of the pages that were drawn one after the other;
   * `noticeAt` is when the host hears next what is waited for.
   */
  | {
      readonly phase: 'reviewing';
      readonly shown: Shown;
      readonly armed: boolean;
      readonly page: number;
      readonly seen: number;
      readonly deadline: number;
      readonly noticeAt: number;
    }
  /** Pushing a result that does not fit the reply. */
  | {
      readonly phase: 'sending';
      readonly output: Uint8Array;
      readonly sent: number;
      readonly chunk: number;
      readonly stallAt: number;
    };

/** How a job ended. */
export type Outcome =
  | { readonly type: 'signature'; readonly reply: ReplyOf<'sign_event'> }
  | { readonly type: 'output'; readonly bytes: Uint8Array }
  | { readonly type: 'error'; readonly error: DeviceError }
  /** A large result that had to make room for a newer one: the request is known to have ended, its answer is gone. */
  | { readonly type: 'forgotten' };

/** An ended request, kept so that a cable glitch never asks the human twice. */
export type Ended = {
  readonly id: number;
  readonly request: AskingRequest;
  readonly outcome: Outcome;
  /** When the outcome is forgotten; that the request ended is remembered longer. */
  readonly forgetAt: number;
};
