/**
 * The probe of one connection: an event of our own key to itself, sent through the relay now and then. A subscription can die while
 * the socket still answers pings; then nothing else would tell it from a quiet day.
 *
 * One that does not come back has the subscription asked for anew and a second one sent; when that is missing too, the connection is
 * silent. Whatever request the relay delivers is as good as a probe.
 */
import { probeEveryMs, probeWaitMs } from '../nip46/limits.ts';

/** `sent`: the last two that are known by their ids; a late one is as good as one in time. */
export type Probe = {
  readonly stage:
    | { readonly type: 'due'; readonly at: number }
    /** `missed`: the one before it did not come back. */
    | { readonly type: 'signing'; readonly missed: boolean }
    | { readonly type: 'out'; readonly until: number; readonly missed: boolean };
  readonly sent: readonly { readonly eventId: string; readonly at: number }[];
};

/** Before the first subscription. */
export function firstProbe(now: number): Probe {
  return { stage: { type: 'due', at: now + probeEveryMs }, sent: [] };
}

/** The subscription is being asked for: the relay's word for it, or some time, makes the next one due. One that is out goes on. */
export function asked(probe: Probe, now: number): Probe {
  return probe.stage.type === 'due' ? { ...probe, stage: { type: 'due', at: now + probeEveryMs } } : probe;
}

/** The relay says that it delivers from now on: that is looked at once. */
export function confirmedNow(probe: Probe, now: number): Probe {
  return probe.stage.type === 'due' ? { ...probe, stage: { type: 'due', at: now } } : probe;
}

/**
 * Something came: the next one is due after a quiet time. One that is being signed is sent nevertheless, and the first one is sent in any
 * case: it tells how long the way is.
 */
export function heard(probe: Probe, now: number): Probe {
  if (probe.sent.length === 0 && probe.stage.type === 'due') return probe;
  if (probe.stage.type === 'signing') return { ...probe, stage: { type: 'signing', missed: false } };
  return { ...probe, stage: { type: 'due', at: now + probeEveryMs } };
}

/** It is signed, and out. */
export function out({ stage, sent }: Probe, eventId: string, now: number): Probe {
  const missed = stage.type === 'signing' && stage.missed;
  return { stage: { type: 'out', until: now + probeWaitMs, missed }, sent: [...sent.slice(-1), { eventId, at: now }] };
}

/** Whether this is one of ours. */
export function isProbe({ sent }: Probe, eventId: string): boolean {
  return sent.some((one) => one.eventId === eventId);
}

/** When something is to be done about it; null while it is being signed. */
export function probeDue({ stage }: Probe): number | null {
  if (stage.type === 'signing') return null;
  return stage.type === 'due' ? stage.at : stage.until;
}

/** What is to be done now: send one, ask for the subscription anew and send a second one, or take the relay for silent. */
export function probeNext({ stage }: Probe, now: number): 'nothing' | 'send' | 'again' | 'silent' {
  if (stage.type === 'signing' || now < (stage.type === 'due' ? stage.at : stage.until)) return 'nothing';
  if (stage.type === 'due') return 'send';
  return stage.missed ? 'silent' : 'again';
}
