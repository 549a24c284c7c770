/**
 * The host's end of a link: greets, keeps one link session alive, and carries messages in it.
 *
 *     closed ──wire opened──▶ greeting ──hello──▶ open
 *        ▲                      ▲  │                │
 *        └──wire closed─────────┴──┴────────────────┤ silent, unknown session, broken terms: greet again
 *
 * Promises: a message is delivered at most once; `lost` is said before anything of a next session; after any garbage the next
 * hello works. Pure: time and randomness are arguments.
 */
import { protocolVersion } from '../commands.ts';
import { limits } from '../limits.ts';
import { type Hello, hello, helloRequest } from '../messages.ts';
import { type ArqEffect, type ArqState, sendMessage, startArq, takeFrame, tickArq } from './arq.ts';
import { encodeFrame, type Frame, type FrameDecoder, frameDecoder } from './frame.ts';
import { writesFirst } from './order.ts';
import { prologueOf } from './prologue.ts';

export type HostLinkState =
  | { readonly phase: 'closed' }
  | {
      readonly phase: 'greeting';
      readonly decoder: FrameDecoder;
      readonly session: number;
      readonly nonce: Uint8Array;
      /** The payload of the last hello request. */
      readonly request: Uint8Array;
      /** Hellos sent without an answer since the wire opened or the last session ended. */
      readonly tries: number;
      readonly greetAt: number;
    }
  | { readonly phase: 'open'; readonly decoder: FrameDecoder; readonly hello: Hello; readonly arq: ArqState };

export type HostLinkInput =
  | { readonly type: 'wire_opened' }
  | { readonly type: 'wire_closed' }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'send'; readonly message: Uint8Array; readonly sealed?: boolean }
  /** The layer above cannot go on: the session is over, and the next hello waits its turn. */
  | { readonly type: 'drop' }
  | { readonly type: 'tick' };

export type HostLinkEffect =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** `prologue`: the payloads of the hello request and of the hello, for the handshake to hold on to. */
  | { readonly type: 'open'; readonly hello: Hello; readonly prologue: Uint8Array }
  | { readonly type: 'message'; readonly bytes: Uint8Array; readonly sealed: boolean }
  | { readonly type: 'lost'; readonly reason: LostReason }
  /** Nothing answers, or what answers speaks other versions: the greeting goes on, but people should be told. */
  | { readonly type: 'unanswered'; readonly tries: number }
  | { readonly type: 'incompatible'; readonly hello: Hello };

export type LostReason =
  | 'wire closed'
  | 'dropped'
  | 'silent'
  | 'unknown session'
  | 'message too large'
  | 'fragments out of order';

/** Strong random bytes of the given length. */
export type Random = (length: number) => Uint8Array;
type Step = readonly [HostLinkState, readonly HostLinkEffect[]];

/** A link without a wire. */
export const closedLink: HostLinkState = { phase: 'closed' };

/** When the next tick is due, or null. */
export function hostLinkDeadline(state: HostLinkState): number | null {
  if (state.phase === 'closed') return null;
  return state.phase === 'greeting' ? state.greetAt : state.arq.retransmitAt;
}

/** One step. `now` is in milliseconds of any monotonic clock. */
export function stepHostLink(state: HostLinkState, input: HostLinkInput, now: number, random: Random): Step {
  switch (input.type) {
    case 'wire_opened':
      return greet(frameDecoder(), now, random);
    case 'wire_closed':
      return [closedLink, state.phase === 'open' ? [{ type: 'lost', reason: 'wire closed' }] : []];
    case 'bytes':
      return takeBytes(state, input.bytes, now, random);
    case 'send':
      // Between sessions there is nobody to send to: the layer above asks again after `open`.
      if (state.phase !== 'open') return [state, []];
      return fromArq(state, sendMessage(state.arq, input.message, now, input.sealed), now, random);
    case 'drop':
      return state.phase === 'open' ? drop(state, now) : [state, []];
    case 'tick':
      if (state.phase === 'open') return fromArq(state, tickArq(state.arq, now), now, random);
      return state.phase === 'greeting' && now >= state.greetAt ? greetAgain(state, now, random) : [state, []];
  }
}

function greet(decoder: FrameDecoder, now: number, random: Random): Step {
  return greetAgain(notYetGreeting(decoder, now), now, random);
}

/** No hello fits this state: its session is none, and its nonce too short. */
function notYetGreeting(decoder: FrameDecoder, greetAt: number): HostLinkState & { phase: 'greeting' } {
  const none = new Uint8Array(0);
  return { phase: 'greeting', decoder, session: 0, nonce: none, request: none, tries: -1, greetAt };
}

/** Not at once: whoever breaks one session after the other on purpose must not keep both ends computing. */
function drop(state: HostLinkState & { phase: 'open' }, now: number): Step {
  return [notYetGreeting(state.decoder, now + limits.helloMs), [{ type: 'lost', reason: 'dropped' }]];
}

/** Each hello proposes a session of its own, so that a late answer to an earlier one cannot be taken for this one. */
function greetAgain(state: HostLinkState & { phase: 'greeting' }, now: number, random: Random): Step {
  const session = new DataView(random(4).slice().buffer).getUint32(0) || 1; // 0 means "no session"
  const nonce = random(8);
  const payload = helloRequest.encode({ versionMin: protocolVersion, versionMax: protocolVersion, nonce });
  const frame = encodeFrame({ type: 'hello_request', flags: 0, sequence: 0, session, payload });
  const tries = state.tries + 1;
  const said: HostLinkEffect[] = tries === 0 ? [] : [{ type: 'unanswered', tries }];
  return [
    { ...state, session, nonce, request: payload, tries, greetAt: now + limits.helloMs },
    [...said, { type: 'write', bytes: frame }],
  ];
}

function takeBytes(state: HostLinkState, bytes: Uint8Array, now: number, random: Random): Step {
  if (state.phase === 'closed') return [state, []];
  let current: HostLinkState = state;
  const effects: HostLinkEffect[] = [];
  const frames = state.decoder.push(bytes);
  for (const [i, frame] of frames.entries()) {
    const [next, more] = takeOne(current, frame, frames[i + 1], now, random);
    current = next;
    effects.push(...more);
  }
  return [current, writesFirst(effects)];
}

function takeOne(state: HostLinkState, frame: Frame, after: Frame | undefined, now: number, random: Random): Step {
  if (state.phase === 'greeting') return frame.type === 'hello' ? takeHello(state, frame) : [state, []];
  if (state.phase === 'closed' || frame.session !== state.arq.terms.session) return [state, []];
  if (frame.type === 'unknown_session') return lose(state, 'unknown session', now, random);
  if (frame.type !== 'data' && frame.type !== 'ack') return [state, []];
  return fromArq(state, takeFrame(state.arq, frame, now, after), now, random);
}

function takeHello(state: HostLinkState & { phase: 'greeting' }, frame: Frame): Step {
  const body = hello.decode(frame.payload);
  if (body === null || frame.session !== state.session || !sameBytes(body.nonce, state.nonce)) return [state, []];
  const understood = body.versionMin <= protocolVersion && protocolVersion <= body.versionMax;
  // Sizes below the floors of the limits would make progress impossible; such a device is as good as another version.
  const usable = body.frameMax >= limits.frameMin && body.messageMax === limits.messageMax && body.window >= 1;
  if (!understood || !usable || body.requestsMax < 1) return [state, [{ type: 'incompatible', hello: body }]];
  const { frameMax, messageMax, window } = body;
  const arq = startArq({ session: state.session, frameMax, messageMax, window });
  const prologue = prologueOf(state.request, frame.payload);
  return [{ phase: 'open', decoder: state.decoder, hello: body, arq }, [{ type: 'open', hello: body, prologue }]];
}

function fromArq(
  state: HostLinkState & { phase: 'open' },
  [arq, done]: readonly [ArqState, readonly ArqEffect[]],
  now: number,
  random: Random,
): Step {
  const effects: HostLinkEffect[] = [];
  for (const effect of done) {
    if (effect.type === 'down') {
      const [next, more] = lose(state, effect.reason, now, random);
      return [next, [...effects, ...more]];
    }
    effects.push(effect.type === 'frame' ? { type: 'write', bytes: encodeFrame(effect.frame) } : effect);
  }
  return [{ ...state, arq }, effects];
}

function lose(state: HostLinkState & { phase: 'open' }, reason: LostReason, now: number, random: Random): Step {
  const [next, effects] = greet(state.decoder, now, random);
  return [next, [{ type: 'lost', reason }, ...effects]];
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
