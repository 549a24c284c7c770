/**
 * Events on their way to one relay: bounded in number and size, each with exactly one ending.
 *
 * An entry waits for a connection or for a relay that limits rates, or was sent and waits for the relay's OK, or is held because the
 * relay wants authentication first. When the connection is lost, whatever has no OK yet waits again: relays drop a byte-identical event as
 * a duplicate, and "duplicate:" is an ending like any other.
 */
import type { NostrEvent } from '../nip46/event.ts';
import { okWaitMs, outboxCharsMax, outboxCountMax, outboxWaitMs, relayMessageMax } from '../nip46/limits.ts';

type Stage =
  /** `words`: why the relay would not have it yet; empty before it was asked. */
  | { readonly type: 'waiting'; readonly words: string }
  /** `epoch` counts the authentications that had succeeded when it was sent. */
  | { readonly type: 'sent'; readonly at: number; readonly epoch: number }
  | { readonly type: 'held'; readonly at: number; readonly words: string };

type Entry = {
  readonly eventId: string;
  readonly text: string;
  readonly publishedAt: number;
  readonly stage: Stage;
};

const waiting: Stage = { type: 'waiting', words: '' };

/** Oldest first. */
export type Outbox = readonly Entry[];

/** How a publish ended at this relay. */
export type Ended = { readonly eventId: string; readonly ok: boolean; readonly words: string };

/** Puts an event at the end; what no longer fits ends, oldest first. An event that is already here is not doubled. */
export function enqueue(outbox: Outbox, event: NostrEvent, now: number): readonly [Outbox, readonly Ended[]] {
  if (outbox.some((entry) => entry.eventId === event.id)) return [outbox, []];
  const text = JSON.stringify(['EVENT', event]);
  if (text.length > relayMessageMax) {
    const words = `The event has ${text.length} characters; at most ${relayMessageMax} are sent to a relay.`;
    return [outbox, [{ eventId: event.id, ok: false, words }]];
  }
  const kept: Entry[] = [...outbox, { eventId: event.id, text, publishedAt: now, stage: waiting }];
  const ended: Ended[] = [];
  let chars = kept.reduce((sum, entry) => sum + entry.text.length, 0);
  while (kept.length > outboxCountMax || chars > outboxCharsMax) {
    const oldest = kept.shift();
    if (oldest === undefined) break;
    chars -= oldest.text.length;
    ended.push({
      eventId: oldest.eventId,
      ok: false,
      words: 'Too many events wait for this relay; the oldest was given up.',
    });
  }
  return [kept, ended];
}

/** Marks what waits, `most` of them, as sent and says what to send, oldest first. */
export function sendWaiting(
  outbox: Outbox,
  most: number,
  epoch: number,
  now: number,
): readonly [Outbox, readonly string[]] {
  const next = new Set(outbox.filter((entry) => entry.stage.type === 'waiting').slice(0, most));
  if (next.size === 0) return [outbox, []];
  const stage: Stage = { type: 'sent', at: now, epoch };
  return [outbox.map((entry) => (next.has(entry) ? { ...entry, stage } : entry)), [...next].map((entry) => entry.text)];
}

/** How many are in this stage. */
export function countOf(outbox: Outbox, stage: Stage['type']): number {
  return outbox.filter((entry) => entry.stage.type === stage).length;
}

/** The entry with this event id; null when the relay speaks of an event that we do not wait for. */
export function find(outbox: Outbox, eventId: string): Entry | null {
  return outbox.find((entry) => entry.eventId === eventId) ?? null;
}

/** Without this entry. */
export function without(outbox: Outbox, eventId: string): Outbox {
  return outbox.filter((entry) => entry.eventId !== eventId);
}

/** This entry goes back to waiting, to be sent again; `words` are those of the relay, where it is the relay that wants to wait. */
export function sendAgain(outbox: Outbox, eventId: string, words = ''): Outbox {
  return outbox.map((entry) => (entry.eventId === eventId ? { ...entry, stage: { type: 'waiting', words } } : entry));
}

/** The relay wants authentication before it takes this event; its time keeps running. */
export function hold(outbox: Outbox, eventId: string, words: string): Outbox {
  return outbox.map((entry) => {
    if (entry.eventId !== eventId || entry.stage.type !== 'sent') return entry;
    return { ...entry, stage: { type: 'held', at: entry.stage.at, words } };
  });
}

/** Authentication succeeded: what was held waits to be sent. */
export function release(outbox: Outbox): Outbox {
  return outbox.map((entry) => (entry.stage.type === 'held' ? { ...entry, stage: waiting } : entry));
}

/** Authentication failed: what was held ends with the relay's words. */
export function endHeld(outbox: Outbox, words: string): readonly [Outbox, readonly Ended[]] {
  const held = outbox.filter((entry) => entry.stage.type === 'held');
  const ended = held.map((entry) => ({ eventId: entry.eventId, ok: false, words }));
  return [held.length === 0 ? outbox : outbox.filter((entry) => entry.stage.type !== 'held'), ended];
}

/** The connection is gone: everything waits for the next one. */
export function unsend(outbox: Outbox): Outbox {
  return outbox.map((entry) => ({ ...entry, stage: waiting }));
}

/** The clock was set back: nothing was published later than now. */
export function notAfter(outbox: Outbox, now: number): Outbox {
  return outbox.map((entry) => {
    const { stage } = entry;
    const at = stage.type === 'waiting' ? stage : { ...stage, at: Math.min(stage.at, now) };
    return { ...entry, publishedAt: Math.min(entry.publishedAt, now), stage: at };
  });
}

/** Ends what is past its time. */
export function expire(outbox: Outbox, now: number): readonly [Outbox, readonly Ended[]] {
  const late = outbox.filter((entry) => now >= dueAt(entry));
  if (late.length === 0) return [outbox, []];
  return [
    outbox.filter((entry) => now < dueAt(entry)),
    late.map((entry) => ({ eventId: entry.eventId, ok: false, words: whyLate(entry.stage) })),
  ];
}

/** When the next entry is past its time; null when there is none. */
export function nextDue(outbox: Outbox): number | null {
  return outbox.length === 0 ? null : Math.min(...outbox.map(dueAt));
}

function dueAt(entry: Entry): number {
  return entry.stage.type === 'waiting' ? entry.publishedAt + outboxWaitMs : entry.stage.at + okWaitMs;
}

function whyLate(stage: Stage): string {
  switch (stage.type) {
    case 'waiting':
      return stage.words || `The relay could not be reached for ${outboxWaitMs / 1000} s.`;
    case 'sent':
      return `The relay did not acknowledge the event within ${okWaitMs / 1000} s.`;
    case 'held':
      return stage.words;
  }
}
