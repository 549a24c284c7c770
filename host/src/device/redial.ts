/**
 * Keeps one connection alive: dials, waits, dials again. It owns what every wire needs whatever carries its bytes: that
 * `closed` comes once per connection, that events of an old connection are not heard, the back-off, the write queue.
 */
import { type Outbox, outbox } from './outbox.ts';
import type { After, Wire, WireEvents } from './wire.ts';

/** First pause between attempts. Short, because a replugged device appears within a second and a person is watching. */
export const RETRY_MS_MIN = 250;

/** Longest pause: nobody should wait more than two seconds for a plug, and an attempt costs one `open` call. */
export const RETRY_MS_MAX = 2_000;

/** After this an attempt is reported as hanging. It cannot be called off, so no other is started beside it. */
export const DIAL_MS_MAX = 10_000;

/** `Wire.close` waits this long for the system to let go. A driver that drains a dead line may take half a minute. */
export const CLOSE_MS_MAX = 3_000;

/**
 * What one attempt reports: `failed` or `opened` first, then `bytes`, then `ended`; anything else it may repeat is ignored.
 * Nothing may be reported before `dial` has returned.
 */
export type PipeEvents = {
  opened(): void;
  failed(reason: string): void;
  bytes(chunk: Uint8Array): void;
  ended(reason: string): void;
};

/**
 * One attempt and the connection it becomes. `write` calls `done` later, and never when the write failed: then `ended` is
 * reported. `close` works in any state, may be called again, and resolves (never rejects) when the system has let go.
 */
export type Pipe = { write(piece: Uint8Array, done: () => void): void; close(): Promise<void> };
export type Dial = (events: PipeEvents) => Pipe;

type State =
  | { readonly type: 'dialling'; readonly pipe: Pipe; readonly cancelLimit: () => void }
  | { readonly type: 'open'; readonly pipe: Pipe; readonly outbox: Outbox }
  | { readonly type: 'leaving'; readonly gone: Promise<void> }
  | { readonly type: 'pausing'; readonly cancelPause: () => void }
  | { readonly type: 'over' };

/** A wire that dials until it is closed; with `again: false` it ends with its first connection. */
export function redial(dial: Dial, events: WireEvents, options: { again: boolean; after: After }): Wire {
  const { again, after } = options;
  let state: State;
  let generation = 0;
  let pause = RETRY_MS_MIN;
  let lastReason = '';

  function wait(reason: string): void {
    if (reason === lastReason) return;
    lastReason = reason;
    events.waiting(reason);
  }

  function start(): void {
    const mine = ++generation;
    const pipe = dial({
      opened: () => mine === generation && state.type === 'dialling' && opened(state.pipe, state.cancelLimit),
      failed: (reason) => mine === generation && ended(reason),
      bytes: (chunk) => mine === generation && state.type === 'open' && received(chunk),
      ended: (reason) => mine === generation && ended(reason),
    });
    const cancelLimit = after(DIAL_MS_MAX, () => wait('Opening the port does not come to an end. Replug the device.'));
    state = { type: 'dialling', pipe, cancelLimit };
  }

  function opened(pipe: Pipe, cancelLimit: () => void): void {
    cancelLimit();
    lastReason = '';
    const box = outbox((piece, done) => pipe.write(piece, done), ended, after);
    state = { type: 'open', pipe, outbox: box };
    events.opened();
  }

  function received(chunk: Uint8Array): void {
    // Only a connection that carried something earns a quick retry: a peer that hangs up at once must not be hammered.
    pause = RETRY_MS_MIN;
    events.bytes(chunk);
  }

  function ended(reason: string): void {
    if (state.type !== 'dialling' && state.type !== 'open') return;
    const wasOpen = state.type === 'open';
    generation++;
    letGo(state);
    const gone = state.pipe.close();
    state = again ? { type: 'leaving', gone } : { type: 'over' };
    if (again) void gone.then(() => state.type === 'leaving' && retry());
    if (wasOpen) events.closed(reason);
    else wait(reason);
  }

  function retry(): void {
    state = { type: 'pausing', cancelPause: after(pause, start) };
    pause = Math.min(pause * 2, RETRY_MS_MAX);
  }

  start();
  return {
    write(bytes) {
      if (state.type === 'open') state.outbox.push(bytes);
    },
    async close() {
      generation++;
      const last = state;
      state = { type: 'over' };
      letGo(last);
      const gone = last.type === 'dialling' || last.type === 'open' ? last.pipe.close() : goneOf(last);
      await atMost(CLOSE_MS_MAX, gone, after);
    },
  };
}

/** Ends every timer that belongs to a state. */
function letGo(state: State): void {
  if (state.type === 'dialling') state.cancelLimit();
  if (state.type === 'open') state.outbox.clear();
  if (state.type === 'pausing') state.cancelPause();
}

function goneOf(state: State): Promise<void> {
  return state.type === 'leaving' ? state.gone : Promise.resolve();
}

function atMost(ms: number, work: Promise<void>, after: After): Promise<void> {
  return new Promise((resolve) => {
    const cancel = after(ms, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
