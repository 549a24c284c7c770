/**
 * Reliable delivery of messages within one link session: go-back-N, the same at both ends.
 *
 * Promises: each message is delivered whole, in order, at most once per session; or the link is reported down. An
 * acknowledgement names the next expected sequence number and means that everything before it was taken out of the receive
 * buffer, so the window is the flow control too. A window of 1 (stop and wait) is enough to be correct.
 *
 * Pure: functions from a state and an input to the next state and what to do. Time is an argument, in milliseconds.
 */

import { frameOverhead, limits } from '../limits.ts';
import { type Frame, frameFlags } from './frame.ts';

/** What one link session agreed on. Sizes in bytes, the window in frames. */
export type ArqTerms = {
  readonly session: number;
  readonly frameMax: number;
  readonly messageMax: number;
  readonly window: number;
};

export type ArqState = {
  readonly terms: ArqTerms;
  /** Fragments not yet acknowledged: the first `flying` of them are on the wire. */
  readonly unacknowledged: readonly Frame[];
  readonly flying: number;
  /** Times that the wait ran out since the last progress, and when the next one is due (null while nothing flies). */
  readonly tries: number;
  readonly retransmitAt: number | null;
  /**
   * After a go-back: how many fragments must still be acknowledged before a repeated acknowledgement means a loss again. They
   * are those that were on the wire and one more: what was sent twice is acknowledged twice, and to go back for that would
   * send the next window twice too, and so on for ever.
   */
  readonly settling: number;
  readonly nextSequence: number;
  /** Receiving: the next sequence number, and the fragments of the message under way. */
  readonly expected: number;
  readonly assembling: readonly Uint8Array[];
  readonly assembled: number;
  /** Whether the message under way is a sealed one: all of its fragments say the same. */
  readonly sealed: boolean;
};

export type ArqEffect =
  | { readonly type: 'frame'; readonly frame: Frame }
  | { readonly type: 'message'; readonly bytes: Uint8Array; readonly sealed: boolean }
  /** The peer broke the terms or stays silent: the session is over. */
  | { readonly type: 'down'; readonly reason: 'silent' | 'message too large' | 'fragments out of order' };

type Step = readonly [ArqState, readonly ArqEffect[]];

/** A session in which nothing has been said. */
export function startArq(terms: ArqTerms): ArqState {
  return {
    terms,
    unacknowledged: [],
    flying: 0,
    tries: 0,
    retransmitAt: null,
    settling: 0,
    nextSequence: 0,
    expected: 0,
    assembling: [],
    assembled: 0,
    sealed: false,
  };
}

/** Queues a message. Its size is the caller's to keep: a longer one is a fault. */
export function sendMessage(state: ArqState, message: Uint8Array, now: number, sealed = false): Step {
  const { session, frameMax } = state.terms;
  const most = messageMax(state.terms, sealed);
  if (message.length > most) throw new Error(`a message of ${message.length} bytes exceeds ${most}`);
  const room = frameMax - frameOverhead;
  const fragments: Frame[] = [];
  for (let at = 0; at === 0 || at < message.length; at += room) {
    const ends = (at === 0 ? frameFlags.first : 0) | (at + room >= message.length ? frameFlags.last : 0);
    const flags = ends | (sealed ? frameFlags.sealed : 0);
    const sequence = (state.nextSequence + fragments.length) & 0xff;
    fragments.push({ type: 'data', flags, sequence, session, payload: message.slice(at, at + room) });
  }
  const queued: ArqState = {
    ...state,
    unacknowledged: [...state.unacknowledged, ...fragments],
    nextSequence: (state.nextSequence + fragments.length) & 0xff,
  };
  return fly(queued, now);
}

/**
 * Takes a data or ack frame of this session. `next` is the frame that came together with it and after it: where that is the next of the
 * same session, its acknowledgement is enough for both.
 */
export function takeFrame(state: ArqState, frame: Frame, now: number, next?: Frame): Step {
  if (frame.type === 'ack') return takeAck(state, frame.sequence, now);
  const follows = next?.session === frame.session && next.sequence === ((frame.sequence + 1) & 0xff);
  return takeData(state, frame, follows && next.type === 'data');
}

/** Retransmits when it is time to. */
export function tickArq(state: ArqState, now: number): Step {
  if (state.retransmitAt === null || now < state.retransmitAt) return [state, []];
  if (state.tries >= limits.retransmitTries) return [state, [{ type: 'down', reason: 'silent' }]];
  const tries = state.tries + 1;
  return fly({ ...goBack(state), tries }, now);
}

/** Puts as many fragments on the wire as the window allows, and starts the clock for the oldest. */
function fly(state: ArqState, now: number): Step {
  const flying = Math.min(state.unacknowledged.length, state.terms.window);
  const effects = state.unacknowledged
    .slice(state.flying, flying)
    .map((frame): ArqEffect => ({ type: 'frame', frame }));
  const wait = Math.min(limits.retransmitMs * 2 ** state.tries, limits.retransmitMaxMs);
  const retransmitAt = flying === 0 ? null : (state.retransmitAt ?? now + wait);
  return [{ ...state, flying, retransmitAt }, effects];
}

function takeAck(state: ArqState, next: number, now: number): Step {
  const first = state.unacknowledged[0];
  if (first === undefined) return [state, []];
  const gained = (next - first.sequence) & 0xff;
  if (gained > state.flying) return [state, []]; // from before: a late or repeated acknowledgement
  if (gained > 0) {
    const rest = state.unacknowledged.slice(gained);
    const settling = Math.max(0, state.settling - gained);
    const progress = { ...state, unacknowledged: rest, flying: state.flying - gained, tries: 0, settling };
    return fly({ ...progress, retransmitAt: null }, now);
  }
  // The receiver saw something later than what it waits for, or something for the second time.
  return state.settling > 0 ? [state, []] : fly(goBack(state), now);
}

/** Takes everything that flies back from the wire, to be sent again. */
function goBack(state: ArqState): ArqState {
  return { ...state, flying: 0, retransmitAt: null, settling: state.flying + 1 };
}

function takeData(state: ArqState, frame: Frame, isFollowed: boolean): Step {
  const { session } = state.terms;
  if (frame.sequence !== state.expected) return [state, [ack(session, state.expected)]];
  // A peer that asks and never acknowledges the answers would let them pile up: it is not heard until it takes some.
  if (state.unacknowledged.length > unacknowledgedMax(state.terms)) return [state, []];
  const first = (frame.flags & frameFlags.first) !== 0;
  const sealed = (frame.flags & frameFlags.sealed) !== 0;
  const whole = first && (frame.flags & frameFlags.last) !== 0;
  // Only a whole message may be empty: empty fragments would let a message of no bytes grow for ever.
  if (
    first !== (state.assembling.length === 0) ||
    (frame.payload.length === 0 && !whole) ||
    (!first && sealed !== state.sealed)
  ) {
    return [state, [{ type: 'down', reason: 'fragments out of order' }]];
  }
  const assembled = state.assembled + frame.payload.length;
  if (assembled > messageMax(state.terms, sealed)) return [state, [{ type: 'down', reason: 'message too large' }]];
  const expected = (state.expected + 1) & 0xff;
  const assembling = [...state.assembling, frame.payload];
  if ((frame.flags & frameFlags.last) === 0) {
    return [{ ...state, expected, assembling, assembled, sealed }, isFollowed ? [] : [ack(session, expected)]];
  }
  const bytes = new Uint8Array(assembled);
  let at = 0;
  for (const part of assembling) {
    bytes.set(part, at);
    at += part.length;
  }
  const next: ArqState = { ...state, expected, assembling: [], assembled: 0 };
  const message: ArqEffect = { type: 'message', bytes, sealed };
  return [next, isFollowed ? [message] : [ack(session, expected), message]];
}

/** The largest message; sealing adds its tag. */
function messageMax(terms: ArqTerms, sealed: boolean): number {
  return terms.messageMax + (sealed ? limits.sealOverhead : 0);
}

/** Fragments that may wait for acknowledgement before the peer is no longer heard. */
function unacknowledgedMax(terms: ArqTerms): number {
  return limits.messagesUnacknowledged * Math.ceil(messageMax(terms, true) / (terms.frameMax - frameOverhead));
}

function ack(session: number, next: number): ArqEffect {
  return { type: 'frame', frame: { type: 'ack', flags: 0, sequence: next, session, payload: new Uint8Array(0) } };
}
