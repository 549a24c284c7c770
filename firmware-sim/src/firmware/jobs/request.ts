/**
 * The requests that become jobs, and what is read of them before anything is decided.
 *
 * Two sorts: a computer asks in its own name (the five commands that use the key; an app that it introduces; grants that it proposes), or it
 * passes on what an app signed itself (envelope.ts).
 */
import type { AskingCommand, DeviceError, RequestOf } from '@sallyport/device-protocol';
import type { Computer } from '../channel/session.ts';
import type { Answering } from './addressed.ts';
import type { Envelope, Wanted } from './envelope.ts';
import type { Subject } from './subject.ts';

/** The commands that carry an event of an app. */
export type SignedCommand = 'nip46_request' | 'client_connect' | 'user_request';
export type JobCommand = AskingCommand | SignedCommand | 'client_introduce' | 'grants_propose';

/**
 * A request of such a command, and the computer that asked: it alone gets the answer. `answering`: how the app that addressed it to the user key
 * is answered, known from when it was verified.
 */
export type JobRequest = {
  [C in JobCommand]: {
    readonly command: C;
    readonly body: RequestOf<C>;
    readonly computer: Computer;
    readonly answering?: Answering;
  };
}[JobCommand];

/** In the computer's own name, with an input. */
export type OwnRequest = Extract<JobRequest, { readonly command: AskingCommand }>;
/** Of an app, with its event as input. */
export type SignedRequest = Extract<JobRequest, { readonly command: SignedCommand }>;
/** Of those, what an app addressed to the user key. */
export type AddressedRequest = Extract<JobRequest, { readonly command: 'user_request' }>;
/** Without an input: everything is in the request. */
export type BareRequest = Extract<JobRequest, { readonly command: 'client_introduce' | 'grants_propose' }>;

/** What the input of a request turned out to be. `app`: its signature and its MAC hold. */
export type Read =
  | { readonly type: 'own'; readonly subject: Subject }
  | { readonly type: 'app'; readonly envelope: Envelope; readonly wanted: Wanted }
  | { readonly type: 'refused'; readonly error: DeviceError };

export function isBare(request: JobRequest): request is BareRequest {
  return request.command === 'client_introduce' || request.command === 'grants_propose';
}

export function isSigned(request: JobRequest): request is SignedRequest {
  const { command } = request;
  return command === 'nip46_request' || command === 'client_connect' || command === 'user_request';
}
