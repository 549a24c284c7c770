/**
 * The relays of an app's session: `get_relays` and `switch_relays`. An app that is elsewhere, because it brought relays of its own
 * (`nostrconnect://`) or because those of this signer have changed, is led to those of now when it asks. Where it was is left when it
 * has come: not before, because an app that is told and stays where it was would meet silence.
 */
import { noteOf, save } from '../bridge/asking.ts';
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import type { BridgeState, Origin, Step } from '../bridge/bridge-state.ts';
import { answer, saveSeen } from '../bridge/replies.ts';
import { answerCreatedAt } from '../nip46/envelope.ts';
import type { NostrEvent } from '../nip46/event.ts';
import { type Nip46Request, resultText } from '../nip46/nip46-text.ts';
import type { App } from './sessions.ts';

/** What the host listens on for everybody. `reachable`: from elsewhere, so that an app may be led there. */
export type OwnRelays = { readonly all: readonly string[]; readonly reachable: readonly string[] };

export const noOwnRelays: OwnRelays = { all: [], reachable: [] };

/** `get_relays`, as texts up to 2024 have it: the relays of this session, each for both ways. */
export function tellRelays(state: BridgeState, app: App, origin: Origin, request: Nip46Request, now: number): Step {
  const urls = [...new Set([...app.relays, ...state.ownRelays.all])];
  const said = Object.fromEntries(urls.map((url) => [url, { read: true, write: true }]));
  return reply(state, origin, request, JSON.stringify(said), now);
}

/**
 * `switch_relays`: the string `null` where nothing changes, because nostr-tools never resolves on a JSON null. An app that shares a relay
 * with us is reached there whatever it makes of the answer, and is told once: some clients move house at each list that they hear.
 *
 * Anybody may copy an app's event to one of our relays, so that it seems to have come there. It has when it signed the request after it
 * was told the list; until then it is answered where it was, too. What was answered is saved: a later host must not take it again.
 */
export function switchRelays(
  state: BridgeState,
  app: App,
  origin: Origin,
  request: Nip46Request,
  event: NostrEvent,
  now: number,
): Step {
  const { reachable } = state.ownRelays;
  if (app.relays.length === 0 || reachable.length === 0) return reply(state, origin, request, 'null', now);
  const told = state.relaysTold.get(app.client);
  const isHere = origin.relays.some((url) => reachable.includes(url) && !app.relays.includes(url));
  const isOneList = isSame(app.relays, reachable);
  const shares = app.relays.some((url) => reachable.includes(url));
  const isTold = isOneList || (isHere && told !== undefined);
  const hasCome = isOneList || shares || (isHere && told !== undefined && origin.createdAt > told);
  const [next, left] = hasCome ? leave(state, app) : [isTold ? state : remembersTold(state, app, origin, now), []];
  // Perhaps the event was copied here: then the app waits for its answer where it is.
  const relays = [...new Set([...origin.relays, ...app.relays])].slice(0, limits.relaysPerRequest);
  const [last, effects] = isTold
    ? reply(next, origin, request, 'null', now)
    : reply(next, { ...origin, relays }, request, JSON.stringify(reachable), now);
  return [last, [...left, saveSeen(event, null, now), ...effects]];
}

/** The app is where everybody is. */
function leave(state: BridgeState, app: App): Step {
  const moved: App = { ...app, relays: [] };
  const relaysTold = new Map(state.relaysTold);
  relaysTold.delete(app.client);
  return [{ ...withApps(state, [moved]), relaysTold }, [save({ type: 'pair_again', app: moved })]];
}

/** Remembered for paired apps only, so that there are never more than these. */
function remembersTold(state: BridgeState, app: App, origin: Origin, now: number): BridgeState {
  const paired = [...state.relaysTold].filter(([client]) => state.sessions.apps.has(client));
  return { ...state, relaysTold: new Map(paired).set(app.client, answerCreatedAt(now, origin.createdAt)) };
}

/**
 * What the host listens on for everybody from now on. Apps that were at its relays `before` are there still, until they ask; `gone` is
 * where nobody is waited for any more.
 */
export function ownRelaysAre(
  state: BridgeState,
  ownRelays: OwnRelays,
  before: readonly string[],
  gone: readonly string[],
): Step {
  const stay = (urls: readonly string[]): readonly string[] => urls.filter((url) => !gone.includes(url));
  const old = isSame(before, ownRelays.reachable) ? [] : stay(before);
  const moved: App[] = [];
  for (const app of state.sessions.apps.values()) {
    const relays = app.relays.length === 0 ? old : stay(app.relays);
    if (!isSame(relays, app.relays)) moved.push({ ...app, relays });
  }
  const changed = { ...withApps(state, moved), ownRelays, relaysTold: new Map<string, number>() };
  return [changed, moved.map((app) => save({ type: 'pair_again', app }))];
}

function withApps(state: BridgeState, changed: readonly App[]): BridgeState {
  if (changed.length === 0) return state;
  const apps = new Map(state.sessions.apps);
  for (const app of changed) apps.set(app.client, app);
  return { ...state, sessions: { ...state.sessions, apps } };
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((url) => others.includes(url));
}

function reply(state: BridgeState, origin: Origin, request: Nip46Request, result: string, now: number): Step {
  return [state, [answer(origin, resultText(request.id, result), now), noteOf(origin, request, 'answered')]];
}
