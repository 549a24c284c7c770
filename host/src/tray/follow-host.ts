/**
 * Follows the host over its control API: a look at what is open whenever it says that something changed. It comes back by itself after a
 * host that ended, slept or was started anew, and says null in between.
 */
import type { z } from 'zod';
import { eventReader } from '../cli/watching.ts';
import type { ControlClient } from '../control/client.ts';
import { status } from '../control/schemas.ts';
import type { HostSeen } from '../core/tray/seen.ts';

/** From a lost host to the next try; one that starts takes about a second. */
const retryMs = 1_000;
/** The host says every 20 seconds that it is there; one that is silent for longer hangs. */
const silenceMs = 50_000;
/** Between two looks: a busy host changes many times a second, and its lists are for a human to read. */
const lookEachMs = 300;

/** Runs until it is told to end. */
export async function followHost(
  client: ControlClient,
  onSeen: (seen: HostSeen | null) => void,
  until: AbortSignal,
): Promise<void> {
  while (!until.aborted) {
    await follow(client, onSeen, until);
    if (until.aborted) return;
    onSeen(null);
    await pause(retryMs, until);
  }
}

async function follow(
  client: ControlClient,
  onSeen: (seen: HostSeen | null) => void,
  until: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const silence = setTimeout(() => ending.abort(), silenceMs);
  const ended = AbortSignal.any([until, ending.signal]);
  let last: z.output<typeof status> | null = null;
  let looking: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    while (last !== null && !ended.aborted) {
      const now = last;
      last = null;
      const seen = await seenOf(client, now, ended);
      if (ended.aborted) return;
      if (seen !== null) onSeen(seen);
      await pause(lookEachMs, ended);
    }
    looking = null;
  };
  const take = eventReader((name, data) => {
    if (name !== 'status') return '';
    last = status.parse(data);
    looking ??= look();
    return '';
  });
  const onText = (piece: string): void => {
    silence.refresh();
    try {
      take(piece);
    } catch {
      ending.abort(); // Of a host of another version, or none at all: the same as no host.
    }
  };
  await client.stream('GET /v0/watch', {}, onText, ended);
  clearTimeout(silence);
  ending.abort();
  await looking;
}

/** Null: it ended while it was asked, which its stream says, too. */
async function seenOf(
  client: ControlClient,
  now: z.output<typeof status>,
  until: AbortSignal,
): Promise<HostSeen | null> {
  const [open, paired] = await Promise.all([
    client.call('GET /v0/requests', {}, until),
    client.call('GET /v0/apps', {}, until),
  ]);
  if (open.type !== 'answer' || paired.type !== 'answer') return null;
  return { status: now, requests: open.answer.requests, apps: paired.answer.apps };
}

function pause(ms: number, until: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    const end = (): void => {
      clearTimeout(timer);
      until.removeEventListener('abort', end);
      settle();
    };
    const timer = setTimeout(end, ms);
    until.addEventListener('abort', end);
    if (until.aborted) end();
  });
}
