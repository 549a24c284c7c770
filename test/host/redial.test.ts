/** The connection keeper with a fake edge: once-only endings, stale events, back-off and bounds, in virtual time. */
import { describe, expect, it } from 'vitest';
import { OUTBOX_BYTES_MAX, PIECE_BYTES_MAX, PIECE_MS_MAX } from '../../host/src/device/outbox.ts';
import {
  CLOSE_MS_MAX,
  DIAL_MS_MAX,
  type Dial,
  type PipeEvents,
  RETRY_MS_MAX,
  RETRY_MS_MIN,
  redial,
} from '../../host/src/device/redial.ts';
import { pattern } from '../support/pattern.ts';
import { virtualAfter } from '../support/virtual-after.ts';
import { wireLog } from '../support/wire-log.ts';

type Attempt = {
  readonly events: PipeEvents;
  readonly pieces: { readonly piece: Uint8Array; readonly done: () => void }[];
  closes: number;
};

function world(options: { again: boolean; closes: boolean } = { again: true, closes: true }) {
  const time = virtualAfter();
  const attempts: Attempt[] = [];
  const log = wireLog();
  const dial: Dial = (events) => {
    const attempt: Attempt = { events, pieces: [], closes: 0 };
    attempts.push(attempt);
    return {
      write: (piece, done) => attempt.pieces.push({ piece, done }),
      close() {
        attempt.closes++;
        return options.closes ? Promise.resolve() : new Promise<void>(() => undefined);
      },
    };
  };
  const wire = redial(dial, log.events, { again: options.again, after: time.after });
  const attempt = (index: number): Attempt => {
    const found = attempts[index];
    if (found === undefined) throw new Error(`there was no attempt ${index}`);
    return found;
  };
  return { time, attempts, attempt, log, wire };
}

/** Lets everything that was resolved take effect. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
};

describe('redial', () => {
  it('reports a reason once, tries again with growing pauses, and starts afresh when it was heard', async () => {
    const { time, attempts, attempt, log } = world();
    const pauses: number[] = [];
    for (let index = 0; index < 6; index++) {
      attempt(index).events.failed(index < 4 ? 'no port' : 'no rights');
      await settle();
      const [pause = 0] = time.pending();
      pauses.push(pause);
      time.pass(pause);
    }
    expect(pauses).toEqual([RETRY_MS_MIN, 500, 1_000, RETRY_MS_MAX, RETRY_MS_MAX, RETRY_MS_MAX]);
    expect(log.reports.map((report) => 'reason' in report && report.reason)).toEqual(['no port', 'no rights']);
    attempt(6).events.opened();
    attempt(6).events.bytes(pattern(1));
    attempt(6).events.ended('unplugged');
    await settle();
    expect(time.pending()).toEqual([RETRY_MS_MIN]);
    time.pass(RETRY_MS_MIN);
    expect(attempts.length).toBe(8);
  });

  it('keeps pausing longer while the peer hangs up at once', async () => {
    const { time, attempt } = world();
    for (const pause of [RETRY_MS_MIN, 500, 1_000]) {
      const last = attempt([RETRY_MS_MIN, 500, 1_000].indexOf(pause));
      last.events.opened();
      last.events.ended('turned away');
      await settle();
      expect(time.pending()).toEqual([pause]);
      time.pass(pause);
    }
  });

  it('closes once per connection, whatever is repeated, and does not hear an old connection', async () => {
    const { time, attempt, log } = world();
    const old = attempt(0);
    old.events.opened();
    old.events.opened();
    old.events.ended('write failed');
    old.events.ended('unplugged');
    old.events.bytes(pattern(3));
    old.events.failed('late');
    await settle();
    time.pass(RETRY_MS_MIN);
    attempt(1).events.opened();
    old.events.ended('later still');
    old.events.bytes(pattern(3));
    expect(log.reports).toEqual([{ type: 'opened' }, { type: 'closed', reason: 'write failed' }, { type: 'opened' }]);
    expect(log.received().length).toBe(0);
    expect(old.closes).toBe(1);
  });

  it('does not dial before the old connection has been let go', async () => {
    const { time, attempts, attempt } = world({ again: true, closes: false });
    attempt(0).events.opened();
    attempt(0).events.ended('unplugged');
    await settle();
    time.pass(60_000);
    expect(attempts.length).toBe(1);
  });

  it('says that an attempt hangs, and starts no other beside it', () => {
    const { time, attempts, attempt, log } = world();
    time.pass(DIAL_MS_MAX);
    expect(log.reports).toMatchObject([{ type: 'waiting', reason: expect.stringMatching(/Replug/) }]);
    time.pass(DIAL_MS_MAX * 10);
    expect(attempts.length).toBe(1);
    attempt(0).events.opened();
    expect(log.reports.at(-1)).toEqual({ type: 'opened' });
  });

  it('ends with its only connection when it is not to dial again', async () => {
    const { time, attempts, attempt, log } = world({ again: false, closes: true });
    attempt(0).events.opened();
    attempt(0).events.ended('the child ended');
    await settle();
    expect(time.pending()).toEqual([]);
    expect(attempts.length).toBe(1);
    expect(log.reports.at(-1)).toEqual({ type: 'closed', reason: 'the child ended' });
  });

  it.each(['dialling', 'open', 'pausing', 'leaving'] as const)('leaves no timer when closed while %s', async (when) => {
    const { time, attempt, wire, log } = world();
    if (when !== 'dialling') attempt(0).events.opened();
    if (when === 'open') wire.write(pattern(10));
    if (when === 'pausing' || when === 'leaving') attempt(0).events.ended('unplugged');
    if (when === 'pausing') await settle();
    const before = log.reports.length;
    await wire.close();
    attempt(0).events.opened();
    attempt(0).events.ended('late');
    wire.write(pattern(10));
    expect(time.pending()).toEqual([]);
    expect(log.reports.length).toBe(before);
    expect(attempt(0).closes).toBe(1);
  });

  it('does not wait for ever for a driver that does not let go', async () => {
    const { time, attempt, wire } = world({ again: true, closes: false });
    attempt(0).events.opened();
    const closed = wire.close();
    time.pass(CLOSE_MS_MAX);
    await closed;
    expect(time.pending()).toEqual([]);
  });
});

describe('the bytes that wait to be written', () => {
  it('go out one piece at a time, in order, each byte once', () => {
    const { attempt, wire } = world();
    const { events, pieces } = attempt(0);
    wire.write(pattern(5)); // nothing is open yet: lost, as on an unplugged cable
    events.opened();
    const sent = pattern(20_000);
    for (let at = 0; at < 100; at++) wire.write(sent.subarray(at, at + 1));
    wire.write(sent.subarray(100));
    for (let index = 0; index < pieces.length; index++) {
      expect(pieces.length).toBe(index + 1);
      pieces[index]?.done();
    }
    expect(new Uint8Array(Buffer.concat(pieces.map(({ piece }) => piece)))).toEqual(sent);
    expect(Math.max(...pieces.map(({ piece }) => piece.length))).toBe(PIECE_BYTES_MAX);
  });

  it('have a time limit that begins anew with every piece', async () => {
    const { time, attempt, wire, log } = world();
    const { events, pieces } = attempt(0);
    events.opened();
    wire.write(pattern(3 * PIECE_BYTES_MAX));
    time.pass(PIECE_MS_MAX - 1);
    pieces[0]?.done();
    time.pass(PIECE_MS_MAX - 1);
    expect(log.count('closed')).toBe(0);
    time.pass(1);
    expect(log.reports.at(-1)).toEqual({ type: 'closed', reason: 'The device took no bytes for 10 s.' });
    pieces[1]?.done();
    await settle();
    expect(pieces.length).toBe(2);
    expect(time.pending()).toEqual([RETRY_MS_MIN]);
  });

  it('have a bound that holds what is under way, too', () => {
    const { attempt, wire, log } = world();
    const { events, pieces } = attempt(0);
    events.opened();
    wire.write(pattern(OUTBOX_BYTES_MAX));
    pieces[0]?.done();
    wire.write(pattern(PIECE_BYTES_MAX));
    expect(log.count('closed')).toBe(0);
    wire.write(pattern(1));
    expect(log.reports.at(-1)).toMatchObject({ type: 'closed', reason: expect.stringMatching(/wait to be sent/) });
    wire.write(pattern(1));
    expect(log.count('closed')).toBe(1);
  });
});
