/** How everything is, at a glance: the look of the icon, and a sentence beside it. The most pressing thing is said first. */
import { type HostSeen, isPaused, type StatusSeen } from './seen.ts';
import { words } from './words.ts';

export const looks = ['gone', 'no_device', 'locked', 'ready', 'waiting', 'relays_down', 'paused'] as const;
export type Look = (typeof looks)[number];

export type Glance = {
  readonly look: Look;
  readonly words: string;
  /** How many requests wait for the human. */
  readonly waiting: number;
};

/** `seen` is null when no host answers. `waiting` counts the requests that wait for a human, not those that a grant will answer. */
export function glanceAt(seen: HostSeen | null, waiting: number, now: number): Glance {
  if (seen === null) return { look: 'gone', words: words.gone, waiting: 0 };
  return { ...lookAt(seen.status, waiting, now), waiting };
}

function lookAt(status: StatusSeen, waiting: number, now: number): Omit<Glance, 'waiting'> {
  if (status.killedAt !== null) return { look: 'paused', words: words.killed };
  if (isPaused(status.pause, now)) {
    const { until } = status.pause;
    return { look: 'paused', words: until === null ? words.pausedOpen : words.pausedFor(until - now) };
  }
  const device = deviceLook(status.device);
  if (device !== null) return device;
  if (!status.relays.some(({ state }) => state === 'listening'))
    return { look: 'relays_down', words: words.relaysDown };
  if (waiting > 0) return { look: 'waiting', words: words.waiting(waiting) };
  return { look: 'ready', words: words.ready };
}

/** Null: it is there and open. */
function deviceLook({ state, channel, pairing }: StatusSeen['device']): Omit<Glance, 'waiting'> | null {
  if (pairing?.state === 'code') return { look: 'locked', words: words.comparing };
  switch (state) {
    case 'absent':
      return { look: 'no_device', words: words.absent };
    case 'greeting':
      return { look: 'no_device', words: words.greeting };
    case 'refused':
      return { look: 'no_device', words: words.refused };
    case 'incompatible':
      return { look: 'no_device', words: words.incompatible };
    case 'unreadable':
      return { look: 'no_device', words: words.unreadable };
    case 'locked':
    case 'unlocking':
      return { look: 'locked', words: words.locked };
    case 'fresh':
      return { look: 'locked', words: words.fresh };
    default:
      return channel === 'unpaired' ? { look: 'locked', words: words.unpaired } : null;
  }
}
