/**
 * The icon in the panel, as a machine: what the host says and what the user clicks come in; what is to be shown and asked goes out.
 *
 * It owns nothing: it is a client of the control API. It promises that the face is told at most ten times a second and only what
 * changed, that a request which a grant answers at once is never called waiting, and that there is one notice for a burst of
 * requests: from the first that waits until none does. A notice that the user closed stays closed for its burst.
 *
 * Pure: `step(state, input, now) → [state, effects]`, `now` in milliseconds.
 */
import { isPaused } from '../overall.ts';
import { type Glance, glanceAt } from './glance.ts';
import { type MenuItem, menuOf, refuseId, type Wish, wishOf } from './menu.ts';
import { type Notice, noticeOf } from './notice.ts';
import type { HostSeen, RequestSeen } from './seen.ts';
import { words } from './words.ts';

/** What the face shows. */
export type Picture = { readonly glance: Glance; readonly menu: readonly MenuItem[] };

export type TrayState = {
  /** Null: no host answers. */
  readonly seen: HostSeen | null;
  /** When each open request was first heard of. */
  readonly since: ReadonlyMap<number, number>;
  /** What the face was told last, and when; null before that. */
  readonly shown: { readonly text: string; readonly at: number } | null;
  readonly notice: NoticeState;
};

/** `quiet`: the user closed it, and none comes before nothing waits any more. */
type NoticeState =
  | { readonly type: 'none' }
  | { readonly type: 'shown'; readonly text: string }
  | { readonly type: 'quiet' };

export type TrayInput =
  | { readonly type: 'host'; readonly seen: HostSeen | null }
  | { readonly type: 'click'; readonly id: string }
  /** The user closed the notice, or acted on it. */
  | { readonly type: 'notice_closed' }
  /** A wish came to nothing. */
  | { readonly type: 'failed'; readonly why: string }
  | { readonly type: 'tick' };

export type TrayEffect =
  | { readonly type: 'show'; readonly picture: Picture }
  /** Null takes it away. */
  | { readonly type: 'notice'; readonly notice: Notice | null }
  /** A line that goes away by itself. */
  | { readonly type: 'tell'; readonly title: string; readonly body: string }
  | { readonly type: 'wish'; readonly wish: Wish };

/** A request that is open for longer than this waits for a human: a grant answers in a fraction of it. */
export const lingerMs = 500;
/** Panels redraw all of an icon each time, and are slow at it. */
export const coalesceMs = 100;
const minuteMs = 60_000;

export const newTray: TrayState = { seen: null, since: new Map(), shown: null, notice: { type: 'none' } };

type Turn = readonly [TrayState, readonly TrayEffect[]];

export function stepTray(state: TrayState, input: TrayInput, now: number): Turn {
  switch (input.type) {
    case 'host':
      return drawn({ ...state, seen: input.seen, since: sinceOf(state, input.seen, now) }, now);
    case 'click':
      return clicked(state, input.id);
    case 'notice_closed':
      return [state.notice.type === 'shown' ? { ...state, notice: { type: 'quiet' } } : state, []];
    case 'failed':
      return [state, [{ type: 'tell', title: words.troubleTitle, body: input.why }]];
    case 'tick':
      return drawn(state, now);
  }
}

/** When it wants a tick: something begins to wait, was held back, or the minutes of a pause went down. */
export function trayDeadline({ seen, since, shown }: TrayState, now: number): number | null {
  const lingering = [...since.values()].map((at) => at + lingerMs).filter((at) => at > now);
  const held = shown !== null && shown.at + coalesceMs > now ? [shown.at + coalesceMs] : [];
  const pauses = seen === null ? [] : [seen.status.pause, ...seen.apps.map(({ pause }) => pause)];
  const ends = pauses.flatMap((pause) => (isPaused(pause, now) && pause.until !== null ? [pause.until] : []));
  // The sentence counts full minutes to the end; one millisecond after each it reads differently.
  const minutes = ends.map((until) => until - Math.floor((until - now - 1) / minuteMs) * minuteMs);
  const all = [...lingering, ...held, ...minutes];
  return all.length === 0 ? null : Math.min(...all);
}

function sinceOf(state: TrayState, seen: HostSeen | null, now: number): ReadonlyMap<number, number> {
  return new Map((seen?.requests ?? []).map(({ number }) => [number, state.since.get(number) ?? now]));
}

function waitingOf({ seen, since }: TrayState, now: number): readonly RequestSeen[] {
  return (seen?.requests ?? []).filter(({ number }) => now - (since.get(number) ?? now) >= lingerMs);
}

function drawn(state: TrayState, now: number): Turn {
  const { shown } = state;
  if (shown !== null && now - shown.at < coalesceMs) return [state, []]; // Its deadline brings it back.
  const waiting = waitingOf(state, now);
  const glance = glanceAt(state.seen, waiting.length, now);
  const picture: Picture = { glance, menu: menuOf(state.seen, waiting, glance, now) };
  const text = JSON.stringify(picture);
  const [notice, said] = noticed(state.notice, waiting, glance.look === 'locked');
  if (text === shown?.text) return [{ ...state, notice }, said];
  return [{ ...state, notice, shown: { text, at: now } }, [{ type: 'show', picture }, ...said]];
}

function noticed(
  notice: NoticeState,
  waiting: readonly RequestSeen[],
  isLocked: boolean,
): readonly [NoticeState, readonly TrayEffect[]] {
  if (waiting.length === 0)
    return [{ type: 'none' }, notice.type === 'shown' ? [{ type: 'notice', notice: null }] : []];
  if (notice.type === 'quiet') return [notice, []];
  const wanted = noticeOf(waiting, isLocked);
  const text = JSON.stringify(wanted);
  if (notice.type === 'shown' && notice.text === text) return [notice, []];
  return [{ type: 'shown', text }, [{ type: 'notice', notice: wanted }]];
}

/** A click on what is gone since does nothing. */
function clicked(state: TrayState, id: string): Turn {
  const wish = wishOf(id);
  if (wish === null) return [state, []];
  if (wish.type === 'refuse' && !state.seen?.requests.some((request) => refuseId(request) === id)) return [state, []];
  if (state.seen === null && wish.type !== 'quit')
    return [state, [{ type: 'tell', title: words.troubleTitle, body: words.gone }]];
  return [state, [{ type: 'wish', wish }]];
}
