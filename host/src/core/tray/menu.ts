/**
 * The menu of the icon. Nothing in it can approve anything: that is done on the device. What it can do, it does by the id of an item:
 * `wishOf` is the only reader of ids, and an id that names something (a request, an app) names it whole, so that a click on a menu
 * that has changed meanwhile never means another one.
 */
import { isPaused } from '../overall.ts';
import type { Glance } from './glance.ts';
import type { AppSeen, HostSeen, RequestSeen } from './seen.ts';
import { askText, nameOf, words } from './words.ts';

/** An item without an id cannot be clicked; one without a label is a line between others. */
export type MenuItem = {
  readonly id?: string;
  readonly label?: string;
  readonly items?: readonly MenuItem[];
};

/** What a click wants. */
export type Wish =
  /** `to`: what it is to show first. */
  | { readonly type: 'dashboard'; readonly to: 'pair' | null }
  | { readonly type: 'quit' }
  | { readonly type: 'resume' }
  | { readonly type: 'pause'; readonly minutes: number | null }
  | { readonly type: 'refuse'; readonly number: number }
  | { readonly type: 'pause_app' | 'resume_app'; readonly client: string };

/** A menu that is longer than this is not read; the dashboard has the rest. */
const requestsMax = 5;
const appsMax = 15;

export function menuOf(
  seen: HostSeen | null,
  waiting: readonly RequestSeen[],
  glance: Glance,
  now: number,
): readonly MenuItem[] {
  const head: readonly MenuItem[] = [{ label: glance.words }, {}];
  const foot: readonly MenuItem[] = [{ id: 'quit', label: words.quit }];
  if (seen === null) return [...head, ...foot];
  const strangers = seen.status.web?.waiting ?? 0;
  const calls: readonly MenuItem[] = [
    ...waiting.slice(0, requestsMax).map(requestItem),
    ...(waiting.length > requestsMax
      ? [{ id: 'dashboard', label: words.moreRequests(waiting.length - requestsMax) }]
      : []),
    ...(strangers > 0 ? [{ id: 'dashboard', label: words.webWaiting(strangers) }] : []),
  ];
  return [
    ...head,
    ...calls,
    ...(calls.length > 0 ? [{}] : []),
    { id: 'pair', label: words.pair },
    { label: words.apps, items: appItems(seen.apps, now) },
    pauseItem(seen, now),
    {},
    { id: 'dashboard', label: words.dashboard },
    ...foot,
  ];
}

/** Null: an id that no menu of ours has. */
export function wishOf(id: string): Wish | null {
  if (id === 'dashboard' || id === 'pair') return { type: 'dashboard', to: id === 'pair' ? id : null };
  if (id === 'quit' || id === 'resume') return { type: id };
  const [, verb, object = ''] = /^(pause|refuse|pause_app|resume_app) (\w+)$/.exec(id) ?? [];
  switch (verb) {
    case 'pause': {
      const time = words.pauseTimes.find(({ minutes }) => String(minutes) === object);
      return time === undefined ? null : { type: 'pause', minutes: time.minutes };
    }
    case 'refuse':
      return /^\d{1,15}$/.test(object) ? { type: 'refuse', number: Number(object) } : null;
    case 'pause_app':
    case 'resume_app':
      return { type: verb, client: object };
    default:
      return null;
  }
}

/** The id of the item, or button, that refuses this request. */
export function refuseId({ number }: RequestSeen): string {
  return `refuse ${number}`;
}

function requestItem(request: RequestSeen): MenuItem {
  return {
    label: askText(request),
    items: [{ label: words.lookAtDevice }, { id: refuseId(request), label: words.refuse }],
  };
}

function appItems(apps: readonly AppSeen[], now: number): readonly MenuItem[] {
  if (apps.length === 0) return [{ label: words.noApps }];
  const items = apps.slice(0, appsMax).map(({ client, name, pause }) => {
    const act = isPaused(pause, now)
      ? { id: `resume_app ${client}`, label: words.resume }
      : { id: `pause_app ${client}`, label: words.pauseApp };
    return { label: `${nameOf(name)} (${client.slice(0, 8)})`, items: [act] };
  });
  return [...items, {}, { id: 'dashboard', label: words.moreApps }];
}

/** What the kill switch stopped goes on after a look at why: not by a slip in a menu. */
function pauseItem({ status }: HostSeen, now: number): MenuItem {
  if (status.killedAt !== null) return { id: 'dashboard', label: words.resumeInDashboard };
  if (isPaused(status.pause, now)) return { id: 'resume', label: words.resume };
  return {
    label: words.pause,
    items: words.pauseTimes.map(({ minutes, words: label }) => ({ id: `pause ${minutes}`, label })),
  };
}
