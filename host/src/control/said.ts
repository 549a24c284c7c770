/** The host's state in the shapes of the control API. What is secret has no way into them: each names its fields. */
import { npubEncode } from 'nostr-tools/nip19';
import type { z } from 'zod';
import { appLabel } from '../core/apps/client-metadata.ts';
import { userKeys } from '../core/apps/line-keys.ts';
import type { App } from '../core/apps/sessions.ts';
import { askedInFull, askedWords } from '../core/bridge/asked-words.ts';
import type { OpenRequest } from '../core/bridge/bridge-state.ts';
import { endsAt } from '../core/bridge/settle.ts';
import type { PairingNews } from '../core/device/device-session.ts';
import { everybody, isPaused, type Pause } from '../core/narrowing/narrowing.ts';
import { refusalText } from '../core/nip46/refusal.ts';
import type { RelaySnapshot } from '../core/relay/relay.ts';
import { openChallenges } from '../core/web/challenge.ts';
import type * as d from './device-schemas.ts';
import type * as s from './schemas.ts';
import type { HostView } from './view.ts';

/** Rows of the log in a bundle: what happened lately. */
const diagnosticRows = 200;

export function appOf(app: App, view: HostView): z.output<typeof s.app> {
  const { client, name, url, perms, account, ownKey, addressed, pairedAt } = app;
  const pause = pauseOf(view.bridge().narrowing.pauses.get(client), view.now());
  const usedAt = view.activity.usedAt(client);
  return { client, name, url, perms, account, ownKey, userKey: addressed === true, pairedAt, usedAt, pause };
}

export function relaysOf(view: HostView): z.output<typeof s.relay>[] {
  const own = new Set(view.bridge().ownRelays.all);
  return view.relays().map((relay) => relayOf(relay, own.has(relay.url)));
}

function relayOf(relay: RelaySnapshot, own: boolean): z.output<typeof s.relay> {
  const { url, status, unacknowledged, health, connectedAt, auth, notice } = relay;
  const { lastEventAt, roundTripMs, refused, refusal, rateLimited } = health;
  const reason = 'reason' in status ? status.reason : null;
  const how = { lastEventAt, roundTripMs, refused, refusal, rateLimited, auth, notice };
  return { url, own, state: status.type, reason, queued: unacknowledged, connectedAt, ...how };
}

export function deviceOf(view: HostView): z.output<typeof d.device> {
  const { status, port, simulatorPage } = view.device();
  const known = status.state === 'ready' ? status : null;
  const answering = new Set(userKeys(view.bridge().known).map(({ pubkey }) => pubkey));
  return {
    state: known === null ? status.state : known.info.state,
    model: known?.model ?? null,
    firmware: known?.firmware ?? null,
    channel: known?.channel ?? null,
    port: known === null ? port : null,
    pairing: pairingOf(view.pairing()),
    key: view.pin(),
    accounts: [...view.bridge().accounts].map(([number, pubkey]) => {
      return { number, pubkey, npub: npubEncode(pubkey), userKey: answering.has(pubkey) };
    }),
    simulator: simulatorPage === null ? null : { url: simulatorPage },
  };
}

function pairingOf(news: PairingNews | null): z.output<typeof d.device>['pairing'] {
  if (news === null) return null;
  const { state } = news;
  return {
    state,
    code: state === 'code' ? news.code : null,
    words: state === 'failed' ? refusalText(news.refusal) : null,
  };
}

export function requestsOf(view: HostView): z.output<typeof d.openRequest>[] {
  return [...view.bridge().open].map(([number, open]) => requestOf(view, number, open));
}

/** What an open request is about, in full; null when there is none of this number. */
export function requestInFullOf(view: HostView, number: number): z.output<typeof d.requestInFull> | null {
  const open = view.bridge().open.get(number);
  if (open === undefined) return null;
  const asked = askedInFull(open);
  return {
    ...requestOf(view, number, open),
    event: asked.type === 'event' ? { ...asked.event } : null,
    peer: asked.type === 'text' ? asked.peer : null,
    text: asked.type === 'text' ? asked.text : null,
  };
}

function requestOf({ bridge }: HostView, number: number, open: OpenRequest): z.output<typeof d.openRequest> {
  const { origin, method, kind, cameAt, sentAt, wants } = open;
  const { client } = origin;
  const app = bridge().sessions.apps.get(client);
  const claimed = wants.type === 'pairing' ? appLabel({ client, name: wants.metadata.name }) : '';
  const [asks, ends] = [askedWords(open), endsAt(bridge(), open)];
  return {
    number,
    client,
    app: app === undefined ? claimed : appLabel(app),
    method,
    kind,
    cameAt,
    sentAt,
    endsAt: ends,
    asks,
  };
}

export function secretsOf(view: HostView): z.output<typeof s.secret>[] {
  return [...view.bridge().sessions.secrets.values()].map((secret) => ({
    id: secret.hash.slice(0, 16),
    name: secret.name,
    perms: secret.perms,
    ownKey: secret.ownKey,
    userKey: secret.addressed === true,
    account: secret.account,
    createdAt: secret.createdAt,
    expiresAt: secret.expiresAt,
    spentBy: secret.spent?.by ?? null,
  }));
}

export function statusOf(view: HostView): z.output<typeof s.status> {
  const { signer, narrowing, sessions, open, drops, web, challenges } = view.bridge();
  return {
    version: view.version,
    startedAt: view.startedAt,
    now: view.now(),
    remoteSigner: signer.pubkey,
    killedAt: narrowing.killedAt,
    pause: pauseOf(narrowing.pauses.get(everybody), view.now()),
    apps: sessions.apps.size,
    openRequests: open.size,
    device: deviceOf(view),
    relays: relaysOf(view),
    dashboard: view.dashboard(),
    web:
      web === null ? null : { url: web.url, logins: web.logins !== null, waiting: openChallenges(challenges).length },
    drops: { ...drops },
  };
}

/** Keys of apps are cut: a bundle is sent to strangers, and who uses which app is nobody's business. So are their names and addresses. */
export function diagnosticsOf(view: HostView): z.output<typeof s.diagnostics> {
  const { narrowing, sessions } = view.bridge();
  const masked = (client: string): string => client.slice(0, 8).padEnd(64, '0');
  return {
    status: withoutKeys(view),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    apps: [...sessions.apps.values()].map((app) => ({
      ...appOf(app, view),
      client: masked(app.client),
      name: '',
      url: '',
    })),
    narrowing: {
      killedAt: narrowing.killedAt,
      paused: [...narrowing.pauses.keys()].map((client) => client.slice(0, 8)),
      rules: narrowing.rules.map((rule) => ({
        ...rule,
        client: rule.client === null ? null : masked(rule.client),
        note: '',
      })),
    },
    activity: view.activity
      .search({ limit: diagnosticRows })
      .rows.map((row) => ({ ...row, client: masked(row.client), app: '', why: impersonal(row) })),
  };
}

/** Why, but for the user's own words: a rule says to the app why there is one, and that may be about anybody. */
function impersonal({ outcome, why }: { readonly outcome: string; readonly why: string }): string {
  return outcome === 'narrowed' ? 'A rule, a pause or the kill switch of the user refused it.' : why;
}

/** Whose keys these are, and where they live on the web, is not for strangers; nor is a way to the keys of a simulated device. */
function withoutKeys(view: HostView): z.output<typeof s.status> {
  const status = statusOf(view);
  const web = status.web === null ? null : { ...status.web, url: '' };
  const device = { ...status.device, key: null, accounts: [], simulator: null };
  return { ...status, remoteSigner: '0'.repeat(64), device, web };
}

function pauseOf(pause: Pause | undefined, now: number): Pause | null {
  return isPaused(pause, now) ? pause : null;
}
