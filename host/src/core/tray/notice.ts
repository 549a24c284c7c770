/**
 * The notification that sends somebody to the device. One for a burst of requests, whose text follows what waits; it can open the
 * dashboard, and refuse where exactly one request waits (of several nobody would know which). It can approve nothing.
 */
import { refuseId } from './menu.ts';
import type { RequestSeen } from './seen.ts';
import { askText, many, nameOf, words } from './words.ts';

export type Notice = {
  readonly title: string;
  /** Plain text, from apps in part: whoever shows it escapes it. */
  readonly body: string;
  /** Beside a click on the notice itself, which opens the dashboard: an id of the menu, and a label. */
  readonly action: { readonly id: string; readonly label: string } | null;
};

/** Apps that are named; a notification has a few lines. */
const appsMax = 3;

/** Of the requests that wait, at least one. */
export function noticeOf(waiting: readonly RequestSeen[], isLocked: boolean): Notice {
  const title = isLocked ? words.noticeLocked : words.noticeTitle;
  const [first, second] = waiting;
  if (first !== undefined && second === undefined) {
    return { title, body: `${askText(first)}.`, action: { id: refuseId(first), label: words.refuse } };
  }
  const counts = new Map<string, number>();
  for (const { app } of waiting) counts.set(nameOf(app), (counts.get(nameOf(app)) ?? 0) + 1);
  const apps = [...counts].map(([name, count]) => `${name}: ${many(count, 'request', 'requests')}`);
  const more = apps.length - appsMax;
  const body = [...apps.slice(0, appsMax), ...(more > 0 ? [words.noticeMore(more)] : [])].join('\n');
  return { title, body, action: null };
}
