/** Two ends of one link session and an ordered wire between them, on which a test loses or doubles what it likes. */
import {
  type ArqEffect,
  type ArqState,
  type ArqTerms,
  sendMessage,
  startArq,
  takeFrame,
  tickArq,
} from '../../../device-protocol/src/link/arq.ts';
import type { Frame } from '../../../device-protocol/src/link/frame.ts';

type End = 'a' | 'b';

/** What becomes of the n-th frame on the wire (counted from 0, both directions together). */
export type Fate = (n: number, frame: Frame, from: End) => 'arrives' | 'lost' | 'doubled';

export type ArqPair = {
  readonly send: (from: End, message: Uint8Array) => void;
  /** Runs until nothing is on the wire and nothing is due. */
  readonly settle: () => void;
  readonly got: { readonly a: Uint8Array[]; readonly b: Uint8Array[] };
  /** Frames that were put on the wire, the lost ones included. */
  readonly frames: () => number;
  readonly down: string[];
  readonly states: { a: ArqState; b: ArqState };
  readonly now: () => number;
};

export function arqPair(terms: Partial<ArqTerms>, fate: Fate = () => 'arrives'): ArqPair {
  const whole: ArqTerms = { session: 9, frameMax: 64, messageMax: 4096, window: 4, ...terms };
  const states = { a: startArq(whole), b: startArq(whole) };
  const got: ArqPair['got'] = { a: [], b: [] };
  const down: string[] = [];
  let wire: { to: End; frame: Frame }[] = [];
  let frames = 0;
  let now = 0;

  function perform(end: End, [next, effects]: readonly [ArqState, readonly ArqEffect[]]): void {
    states[end] = next;
    for (const effect of effects) {
      if (effect.type === 'message') got[end].push(effect.bytes);
      else if (effect.type === 'down') down.push(`${end}: ${effect.reason}`);
      else {
        const what = fate(frames++, effect.frame, end);
        const arrival = { to: end === 'a' ? 'b' : 'a', frame: effect.frame } as const;
        if (what !== 'lost') wire.push(arrival);
        if (what === 'doubled') wire.push(arrival);
      }
    }
  }

  function settle(): void {
    while (down.length === 0) {
      for (let next = wire[0]; next !== undefined; next = wire[0]) {
        wire = wire.slice(1);
        now++;
        perform(next.to, takeFrame(states[next.to], next.frame, now));
      }
      const due = [states.a.retransmitAt, states.b.retransmitAt].filter((time) => time !== null);
      if (due.length === 0) return;
      now = Math.max(now, Math.min(...due));
      for (const end of ['a', 'b'] as const) perform(end, tickArq(states[end], now));
    }
  }

  return {
    send: (from, message) => perform(from, sendMessage(states[from], message, now)),
    settle,
    got,
    frames: () => frames,
    down,
    states,
    now: () => now,
  };
}
