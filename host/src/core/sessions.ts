/**
 * Who is paired: apps and one-time secrets, and the decision about `connect`. A secret is known by its SHA-256 only. Every change
 * comes with the rows that the store must have on disk before anything is answered.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { bridgeLimits as limits } from './bridge-limits.ts';
import { cleanLine } from './client-metadata.ts';
import type { ConnectRequest } from './nip46-text.ts';
import { type Refusal, refuse } from './refusal.ts';

/** A paired app. Name, URL and permissions are its own claims. Times are ms Unix time. */
export type App = {
  readonly client: string;
  readonly name: string;
  readonly url: string;
  readonly perms: string;
  readonly pairedAt: number;
  readonly secretHash: string;
};

/** A one-time secret: live, or spent by the first client that showed it. `name` is what the user called the line. */
export type Secret = {
  readonly hash: string;
  readonly name: string;
  readonly createdAt: number;
  readonly spent: { readonly by: string; readonly at: number } | null;
};

/** A request event that was taken: whose it was, and the key of the request that it made (null: of none that a human is asked for). */
export type SeenRow = {
  readonly id: string;
  readonly client: string | null;
  readonly request: string | null;
  readonly createdAt: number;
};

/**
 * One change of the store, atomic. `pair` spends the app's secret too; `seen` forgets what is older (seconds, as in events);
 * `unasked` forgets that a request was asked, but not its events: no human saw it, so a new event may ask it again.
 */
export type StoreRow =
  | { readonly type: 'secret'; readonly secret: Secret }
  | { readonly type: 'drop_secret'; readonly hash: string }
  | { readonly type: 'pair'; readonly app: App }
  | { readonly type: 'unpair'; readonly client: string }
  | { readonly type: 'seen'; readonly seen: SeenRow; readonly forgetBefore: number }
  | { readonly type: 'unasked'; readonly client: string; readonly request: string };

/** Apps by client key, secrets by hash, each in the order of their making. */
export type Sessions = { readonly apps: ReadonlyMap<string, App>; readonly secrets: ReadonlyMap<string, Secret> };

/** What `connect` comes to. */
export type ConnectDecision =
  | { readonly type: 'known' }
  | { readonly type: 'paired'; readonly sessions: Sessions; readonly rows: readonly StoreRow[] }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** The hash by which a one-time secret is known. The secret has more entropy than anybody can search: no salt, no stretching. */
export function hashSecret(secret: string): string {
  return bytesToHex(sha256(utf8ToBytes(secret)));
}

/** Sessions from what the store loaded. */
export function loadSessions(apps: readonly App[], secrets: readonly Secret[]): Sessions {
  return {
    apps: new Map(apps.map((app) => [app.client, app])),
    secrets: new Map(secrets.map((secret) => [secret.hash, secret])),
  };
}

/** Adds a live secret. One that is known already changes nothing: what is spent stays spent. */
export function addSecret(
  sessions: Sessions,
  hash: string,
  name: string,
  now: number,
): [Sessions, readonly StoreRow[]] {
  if (sessions.secrets.has(hash)) return [sessions, []];
  const secret: Secret = { hash, name: cleanLine(name, limits.nameMax), createdAt: now, spent: null };
  const secrets = new Map(sessions.secrets).set(hash, secret);
  const rows: StoreRow[] = [{ type: 'secret', secret }];
  const live = [...secrets.values()].filter((each) => each.spent === null);
  for (const old of live.slice(0, Math.max(0, live.length - limits.liveSecretsMax))) {
    secrets.delete(old.hash);
    rows.push({ type: 'drop_secret', hash: old.hash });
  }
  return [{ ...sessions, secrets }, rows];
}

/**
 * Decides a `connect`. A known client is acknowledged again without a secret or with one that it spent itself: applesauce shows
 * its old one at every start. A live secret pairs whoever shows it first, also a client that is known (logins of some sites).
 */
export function decideConnect(
  sessions: Sessions,
  client: string,
  request: ConnectRequest,
  now: number,
): ConnectDecision {
  const isKnown = sessions.apps.has(client);
  if (request.secret === '') return isKnown ? { type: 'known' } : { type: 'refused', refusal: noSecret };
  const secret = sessions.secrets.get(hashSecret(request.secret));
  if (secret === undefined) return { type: 'refused', refusal: wrongSecret };
  if (secret.spent === null && now - secret.createdAt > limits.secretLifeMs)
    return { type: 'refused', refusal: expired };
  if (secret.spent === null) return pair(sessions, client, request, secret, now);
  if (isKnown && secret.spent.by === client) return { type: 'known' };
  return { type: 'refused', refusal: spentSecret };
}

/** Ends the session of a client. Its spent secrets stay spent, also for itself. */
export function unpair(sessions: Sessions, client: string): [Sessions, readonly StoreRow[]] {
  const apps = new Map(sessions.apps);
  if (!apps.delete(client)) return [sessions, []];
  return [{ ...sessions, apps }, [{ type: 'unpair', client }]];
}

function pair(sessions: Sessions, client: string, request: ConnectRequest, live: Secret, now: number): ConnectDecision {
  const before = sessions.apps.get(client);
  if (before === undefined && sessions.apps.size >= limits.appsMax) return { type: 'refused', refusal: tooManyApps };
  const { metadata, perms } = request;
  const app: App = {
    client,
    // A login without metadata does not make an app nameless that had told its name before.
    name: metadata.name || before?.name || live.name,
    url: metadata.url || before?.url || '',
    perms,
    pairedAt: now,
    secretHash: live.hash,
  };
  const apps = new Map(sessions.apps).set(client, app);
  const secrets = new Map(sessions.secrets).set(live.hash, { ...live, spent: { by: client, at: now } });
  const rows: StoreRow[] = [{ type: 'pair', app }];
  const dropped = surplusSpent(apps, secrets);
  if (dropped !== null) {
    secrets.delete(dropped);
    rows.push({ type: 'drop_secret', hash: dropped });
  }
  return { type: 'paired', sessions: { apps, secrets }, rows };
}

/** The spent secret to forget when there are too many: the oldest that no paired app was paired by. */
function surplusSpent(apps: ReadonlyMap<string, App>, secrets: ReadonlyMap<string, Secret>): string | null {
  const spent = [...secrets.values()].filter((secret) => secret.spent !== null);
  if (spent.length <= limits.spentSecretsMax) return null;
  const needed = new Set([...apps.values()].map((app) => app.secretHash));
  return spent.find((secret) => !needed.has(secret.hash))?.hash ?? null;
}

const newLine = 'Make a new bunker line and paste it into the app.';

const noSecret = refuse('wrong_secret', 'This app is not paired, and its connect has no one-time secret.', newLine);

const wrongSecret = refuse('wrong_secret', 'This signer did not give out that one-time secret.', newLine);

const spentSecret = refuse('spent_secret', 'That one-time secret was used before.', newLine);

const expired = refuse('expired_secret', 'That one-time secret has expired: nobody used it for a day.', newLine);

const tooManyApps = refuse(
  'busy',
  'This signer has as many paired apps as it can keep.',
  'Remove one that is not used.',
);
