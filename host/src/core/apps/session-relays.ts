/**
 * The relays of an app's session: `get_relays` and `switch_relays`. An app that brought relays of its own (`nostrconnect://`) is led to
 * those of this signer when it asks, and its own are left when it has come: not before, because an app that is told and stays where it
 * was would meet silence.
 */
import { noteOf, save } from '../bridge/asking.ts';
import type { BridgeState, Origin, Step } from '../bridge/bridge-state.ts';
import { answer } from '../bridge/replies.ts';
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

/** `switch_relays`: the string `null` where nothing changes, because nostr-tools never resolves on a JSON null. */
export function switchRelays(state: BridgeState, app: App, origin: Origin, request: Nip46Request, now: number): Step {
  const { reachable } = state.ownRelays;
  const isElsewhere = app.relays.some((url) => !reachable.includes(url));
  if (!isElsewhere || reachable.length === 0) return reply(state, origin, request, 'null', now);
  const hasCome = origin.relays.some((url) => reachable.includes(url) && !app.relays.includes(url));
  if (!hasCome) return reply(state, origin, request, JSON.stringify(reachable), now);
  const moved: App = { ...app, relays: [] };
  const sessions = { ...state.sessions, apps: new Map(state.sessions.apps).set(app.client, moved) };
  const [next, effects] = reply({ ...state, sessions }, origin, request, 'null', now);
  return [next, [save({ type: 'pair_again', app: moved }), ...effects]];
}

function reply(state: BridgeState, origin: Origin, request: Nip46Request, result: string, now: number): Step {
  return [state, [answer(origin, resultText(request.id, result), now), noteOf(origin, request, 'answered')]];
}
