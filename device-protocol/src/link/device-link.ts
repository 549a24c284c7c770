/**
 * The device's end of a link: answers hellos, keeps the newest link session, and carries messages in it.
 *
 * Promises: garbage is counted and never answered; a frame of a session that is not the newest is answered by
 * `unknown_session` and changes nothing; a repeated hello of the running session is answered again without a reset; a hello of
 * another session ends the running one (`opened` says so); a hello without a common version is answered and opens nothing.
 * Pure: time is an argument.
 */
import { protocolVersion } from '../commands.ts';
import { limits } from '../limits.ts';
import { type Hello, hello, helloRequest } from '../messages.ts';
import { type ArqEffect, type ArqState, sendMessage, startArq, takeFrame, tickArq } from './arq.ts';
import { encodeFrame, type Frame, type FrameDecoder, frameDecoder } from './frame.ts';
import { writesFirst } from './order.ts';
import { prologueOf } from './prologue.ts';

/** What the device says of itself in every hello; the versions and the nonce are filled in here. */
export type DeviceFacts = Omit<Hello, 'nonce' | 'versionMin' | 'versionMax'>;

export type DeviceLinkState = {
  readonly facts: DeviceFacts;
  readonly decoder: FrameDecoder;
  /** The newest session, or null before the first hello and after the host fell silent. */
  readonly arq: ArqState | null;
};

export type DeviceLinkInput =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'send'; readonly message: Uint8Array; readonly sealed?: boolean }
  /** The layer above cannot go on: the session is over, and what still comes in it is answered as unknown. */
  | { readonly type: 'drop' }
  | { readonly type: 'tick' };

export type DeviceLinkEffect =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  | { readonly type: 'message'; readonly bytes: Uint8Array; readonly sealed: boolean }
  /**
   * A new session began: nothing of the one before will arrive or be delivered any more. `prologue`: the payloads of the hello
   * request and of the hello, for the handshake to hold on to.
   */
  | { readonly type: 'opened'; readonly prologue: Uint8Array }
  | { readonly type: 'lost' };

type Step = readonly [DeviceLinkState, readonly DeviceLinkEffect[]];

/** A link on which nothing was said yet. */
export function startDeviceLink(facts: DeviceFacts): DeviceLinkState {
  return { facts, decoder: frameDecoder(facts.frameMax), arq: null };
}

/** When the next tick is due, or null. */
export function deviceLinkDeadline(state: DeviceLinkState): number | null {
  return state.arq?.retransmitAt ?? null;
}

/** One step. `now` is in milliseconds since the board started. */
export function stepDeviceLink(state: DeviceLinkState, input: DeviceLinkInput, now: number): Step {
  if (input.type === 'bytes') {
    let current = state;
    const effects: DeviceLinkEffect[] = [];
    const frames = state.decoder.push(input.bytes);
    let messages = 0;
    for (const [i, frame] of frames.entries()) {
      // What they ask is answered after this step: more than honest peers have under way would pile up answers past every bound. The
      // frame is as good as lost, and comes again.
      if (messages >= limits.messagesUnacknowledged && frame.type === 'data') continue;
      // Whether the next one is taken is not known yet when this is the last that may be: it is acknowledged by itself.
      const after = messages + 1 < limits.messagesUnacknowledged ? frames[i + 1] : undefined;
      const [next, more] = takeOne(current, frame, now, after);
      current = next;
      effects.push(...more);
      messages += more.filter(({ type }) => type === 'message').length;
    }
    return [current, writesFirst(effects)];
  }
  if (state.arq === null) return [state, []];
  if (input.type === 'drop') return [{ ...state, arq: null }, [{ type: 'lost' }]];
  const done =
    input.type === 'send' ? sendMessage(state.arq, input.message, now, input.sealed) : tickArq(state.arq, now);
  return fromArq(state, done);
}

function takeOne(state: DeviceLinkState, frame: Frame, now: number, after: Frame | undefined): Step {
  if (frame.type === 'hello_request') return takeHelloRequest(state, frame);
  if (frame.type !== 'data' && frame.type !== 'ack') return [state, []];
  if (frame.session === state.arq?.terms.session) return fromArq(state, takeFrame(state.arq, frame, now, after));
  // Only data asks for an answer: two ends that answered each other's strays would never stop.
  if (frame.type === 'ack') return [state, []];
  const { session, sequence } = frame;
  const stray = encodeFrame({ type: 'unknown_session', flags: 0, sequence, session, payload: new Uint8Array(0) });
  return [state, [{ type: 'write', bytes: stray }]];
}

function takeHelloRequest(state: DeviceLinkState, frame: Frame): Step {
  const asked = helloRequest.decode(frame.payload);
  if (asked === null || frame.session === 0) return [state, []];
  const { session } = frame;
  const body = { ...state.facts, versionMin: protocolVersion, versionMax: protocolVersion, nonce: asked.nonce };
  const payload = hello.encode(body);
  const answer = encodeFrame({ type: 'hello', flags: 0, sequence: 0, session, payload });
  const write: DeviceLinkEffect = { type: 'write', bytes: answer };
  const understood = asked.versionMin <= protocolVersion && protocolVersion <= asked.versionMax;
  if (!understood || session === state.arq?.terms.session) return [state, [write]];
  const { frameMax, messageMax, window } = state.facts;
  return [
    { ...state, arq: startArq({ session, frameMax, messageMax, window }) },
    [write, { type: 'opened', prologue: prologueOf(frame.payload, payload) }],
  ];
}

function fromArq(state: DeviceLinkState, [arq, done]: readonly [ArqState, readonly ArqEffect[]]): Step {
  const effects: DeviceLinkEffect[] = [];
  for (const effect of done) {
    // The host is gone or broke the terms. Its next hello starts anew; until then there is nobody to tell.
    if (effect.type === 'down') return [{ ...state, arq: null }, [...effects, { type: 'lost' }]];
    effects.push(effect.type === 'frame' ? { type: 'write', bytes: encodeFrame(effect.frame) } : effect);
  }
  return [{ ...state, arq }, effects];
}
