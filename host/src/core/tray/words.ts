/**
 * Every word of the icon in the panel. What an app calls itself is made one short line without marks that deceive, wherever it is said:
 * it is attacker-chosen text in a place where the user expects Sallyport's own.
 */
import { cleanLine } from '../apps/client-metadata.ts';
import type { RequestSeen } from './seen.ts';

/** Names are cut to this many characters: a menu is as wide as its widest line. */
const nameMax = 32;
const asksMax = 64;
const minuteMs = 60_000;

export const words = {
  reaching: 'Asking Sallyport how it is…',
  gone: 'Sallyport is not running',
  killed: 'Stopped by the kill switch',
  pausedOpen: 'Paused until you resume',
  pausedFor: (ms: number) => `Paused: ${many(Math.ceil(ms / minuteMs), 'more minute', 'more minutes')}`,
  absent: 'No device: plug it in',
  greeting: 'A device is there and is being greeted',
  refused: 'The device is not the paired one',
  incompatible: 'The device speaks another version',
  unreadable: 'The device cannot read its memory',
  locked: 'The device is locked: type its PIN on it',
  fresh: 'The device is new: set it up by its own keys',
  unpaired: 'The device and this computer are not paired',
  comparing: 'Compare the digits of device and dashboard',
  noRelay: 'No relay can be reached',
  ready: 'Ready',
  waiting: (count: number) => `${many(count, 'request waits', 'requests wait')}: look at your device`,
  webWaiting: (count: number) => `${many(count, 'app waits', 'apps wait')} to be let in…`,
  pair: 'Pair an app…',
  apps: 'Apps',
  moreApps: 'All apps…',
  noApps: 'No app is paired',
  moreRequests: (count: number) => `${count} more…`,
  lookAtDevice: 'To allow it: look at your device',
  refuse: 'Refuse',
  pause: 'Pause',
  pauseTimes: [
    { minutes: 5, words: 'for 5 minutes' },
    { minutes: 60, words: 'for an hour' },
    { minutes: 480, words: 'for 8 hours' },
    { minutes: null, words: 'until I resume' },
  ],
  pauseApp: 'Pause for an hour',
  resume: 'Resume',
  resumeInDashboard: 'Resume in the dashboard…',
  dashboard: 'Open dashboard',
  quit: 'Quit this icon (Sallyport goes on)',
  noticeTitle: 'Look at your device',
  noticeLocked: 'Unlock your device',
  noticeMore: (count: number) => `and ${count} more`,
  troubleTitle: 'Sallyport',
} as const;

/** A count with its noun. */
export function many(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`;
}

export function nameOf(name: string): string {
  const line = cleanLine(name, nameMax);
  return line === '' ? 'An app without a name' : line;
}

/** A sentence without its full stop. What is asked is in the host's own words; a newer host's may be longer. */
export function askText({ app, asks }: RequestSeen): string {
  return `${nameOf(app)} wants to ${cleanLine(asks, asksMax)}`;
}
