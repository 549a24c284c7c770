/** How everything is, at a glance: the look of the icon, and a sentence beside it. The most pressing thing is said first. */
import { type Overall, overallOf } from '../overall.ts';
import type { HostSeen, StatusSeen } from './seen.ts';
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
  const overall = overallOf(status, waiting, now);
  switch (overall) {
    case 'paused': {
      const until = status.pause?.until ?? null;
      return { look: 'paused', words: until === null ? words.pausedOpen : words.pausedFor(until - now) };
    }
    case 'waiting':
      return { look: 'waiting', words: words.waiting(waiting) };
    default:
      return { look: lookOf[overall], words: words[overall] };
  }
}

const lookOf: Readonly<Record<Exclude<Overall, 'paused' | 'waiting'>, Look>> = {
  killed: 'paused',
  absent: 'no_device',
  greeting: 'no_device',
  refused: 'no_device',
  incompatible: 'no_device',
  unreadable: 'no_device',
  locked: 'locked',
  comparing: 'locked',
  unpaired: 'locked',
  fresh: 'locked',
  noRelay: 'relays_down',
  ready: 'ready',
};
