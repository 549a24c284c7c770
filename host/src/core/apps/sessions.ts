/**
 * Who is paired: apps and one-time secrets, and the decision about `connect`. A secret is known by its SHA-256 only. Every change
 * comes with the rows that the store must have on disk before anything is answered.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import type { Origin } from '../bridge/bridge-state.ts';
import type { ConnectRequest } from '../nip46/nip46-text.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { isBunkerSecret } from './bunker-uri.ts';
import { cleanLine, cleanList } from './client-metadata.ts';
import { lineOfApp, lineOfSecret } from './line-of.ts';
import type { Revocation, StoreRow } from './store-rows.ts';

/**
 * A paired app. Name, URL and permissions are its own claims. `account` is the one that it signs as, `remoteSigner` the key that it
 * speaks to, which is that of its line where `ownKey` says so, and the user key of its account where it is `addressed`; `onDevice`: the device paired it, too. `relays` are those that it brought itself (`nostrconnect://`). Times are ms Unix time.
 */
export type App = {
  readonly client: string;
  readonly account: number;
  readonly remoteSigner: string;
  readonly ownKey: boolean;
  readonly addressed?: true;
  readonly onDevice: boolean;
  readonly relays: readonly string[];
  readonly name: string;
  readonly url: string;
  readonly perms: string;
  readonly pairedAt: number;
  readonly secretHash: string;
};

/**
 * A one-time secret: live until it expires, or spent by the first client that showed it. `name` is what the user called the line of
 * this account, `perms` what an app that asks for nothing is taken to ask for. `ownKey`: the line names a remote-signer key of its own; `addressed`: it names the user key.
 */
export type Secret = {
  readonly hash: string;
  readonly name: string;
  readonly account: number;
  readonly perms: string;
  readonly ownKey: boolean;
  readonly addressed?: true;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly spent: { readonly by: string; readonly at: number } | null;
};

/** A secret that was just made, by its hash; it expires after a day where nothing else is said. */
export type NewSecret = {
  readonly hash: string;
  readonly name: string;
  readonly account: number;
  readonly perms?: string;
  readonly expiresAt?: number;
  readonly ownKey?: boolean;
  readonly addressed?: true;
};

/**
 * Apps by client key, secrets by hash, each in the order of their making; what the device has to forget, by both keys. `lapsed` are apps
 * that the device said it does not know: perhaps it is another one than before.
 */
export type Sessions = {
  readonly apps: ReadonlyMap<string, App>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly revocations: ReadonlyMap<string, Revocation>;
  readonly lapsed: ReadonlySet<string>;
};

/** What `connect` comes to. `pairs`: it shows a secret by which the device may be asked to pair it as this account. */
export type ConnectDecision =
  | { readonly type: 'known' }
  | { readonly type: 'pairs'; readonly hash: string; readonly account: number }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** The hash by which a one-time secret is known. The secret has more entropy than anybody can search: no salt, no stretching. */
export function hashSecret(secret: string): string {
  return bytesToHex(sha256(utf8ToBytes(secret)));
}

/**
 * The hash by which the secret of an app's own line is known: together with its key, because others may choose the same one.
 * No secret of a bunker line is spelled like what is hashed here, so that nobody who shows it as one learns who introduced itself.
 */
export function introducedHash(client: string, secret: string): string {
  return hashSecret(`nostrconnect:${client}:${secret}`);
}

/** A device knows an app by both keys, and a replay of one pair says nothing about another. */
export function pairOf({ client, remoteSigner }: Revocation): string {
  return `${client}:${remoteSigner}`;
}

/** Sessions from what the store loaded. */
export function loadSessions(
  apps: readonly App[],
  secrets: readonly Secret[],
  revocations: readonly Revocation[],
): Sessions {
  return {
    apps: new Map(apps.map((app) => [app.client, app])),
    secrets: new Map(secrets.map((secret) => [secret.hash, secret])),
    revocations: new Map(revocations.map((each) => [pairOf(each), each])),
    lapsed: new Set(),
  };
}

/**
 * Adds a live secret. One that is known already changes nothing: what is spent stays spent. Of too many the oldest goes, but none
 * of `inUse`: the device is asked about these.
 */
export function addSecret(
  sessions: Sessions,
  now: number,
  { hash, name, account, perms = '', expiresAt = now + limits.secretLifeMs, ownKey = false, addressed }: NewSecret,
  inUse: ReadonlySet<string>,
): [Sessions, readonly StoreRow[]] {
  if (sessions.secrets.has(hash)) return [sessions, []];
  const line = { name: cleanLine(name, limits.nameMax), perms: cleanList(perms, limits.permsMax), account };
  const to = addressed === true ? { ownKey: false, addressed } : { ownKey };
  const secret: Secret = { hash, ...line, ...to, createdAt: now, expiresAt, spent: null };
  const secrets = new Map(sessions.secrets).set(hash, secret);
  const rows: StoreRow[] = [{ type: 'secret', secret }];
  const live = [...secrets.values()].filter((each) => each.spent === null);
  const surplus = Math.max(0, live.length - limits.liveSecretsMax);
  for (const old of live.filter((each) => !inUse.has(each.hash)).slice(0, surplus)) {
    secrets.delete(old.hash);
    rows.push({ type: 'drop_secret', hash: old.hash });
  }
  return [{ ...sessions, secrets }, rows];
}

/**
 * Decides a `connect`. A known client is acknowledged again without a secret or with one that it spent itself: applesauce shows
 * its old one at every start. A live secret pairs whoever shows it first, also a client that is known (logins of some sites); and
 * with the one that it spent itself an app is paired again with a device that does not know it. All of that at the key of its `line`.
 */
export function decideConnect(
  sessions: Sessions,
  { client, line }: Pick<Origin, 'client' | 'line'>,
  request: ConnectRequest,
  now: number,
): ConnectDecision {
  const known = sessions.apps.get(client);
  const isKnown = known !== undefined;
  const isHere = isKnown && lineOfApp(known) === line;
  const isLapsed = sessions.lapsed.has(client);
  if (request.secret === '') {
    return isHere && !isLapsed ? { type: 'known' } : { type: 'refused', refusal: noSecret };
  }
  const own = sessions.secrets.get(introducedHash(client, request.secret));
  const given = isBunkerSecret(request.secret) ? sessions.secrets.get(hashSecret(request.secret)) : undefined;
  const secret = own ?? given;
  // At another key than its own it is no secret at all: whoever shows it there has it from elsewhere.
  if (secret === undefined || lineOfSecret(secret) !== line) return { type: 'refused', refusal: wrongSecret };
  if (secret.spent === null && now > secret.expiresAt) return { type: 'refused', refusal: expired };
  if (secret.spent !== null && (!isHere || secret.spent.by !== client)) {
    return { type: 'refused', refusal: spentSecret };
  }
  if (secret.spent !== null && !isLapsed) return { type: 'known' };
  if (!isKnown && sessions.apps.size >= limits.appsMax) return { type: 'refused', refusal: tooManyApps };
  // The line says the account when it is new; afterwards the app has it, and a replaced device may have given it another number.
  const account = secret.spent === null ? secret.account : (known?.account ?? secret.account);
  return { type: 'pairs', hash: secret.hash, account };
}

/** Ends the session of a client. Its spent secrets stay spent, also for itself. */
export function unpair(sessions: Sessions, client: string): [Sessions, readonly StoreRow[]] {
  const apps = new Map(sessions.apps);
  const app = apps.get(client);
  if (app === undefined) return [sessions, []];
  apps.delete(client);
  const revocation = revocationOf(app);
  const revocations = new Map(sessions.revocations);
  if (revocation !== null) revocations.set(pairOf(revocation), revocation);
  return [
    { ...sessions, apps, revocations, lapsed: without(sessions.lapsed, client) },
    [{ type: 'unpair', client, revocation }],
  ];
}

/** The device has forgotten an app. */
export function revoked(sessions: Sessions, { client, remoteSigner }: Revocation): [Sessions, readonly StoreRow[]] {
  const revocations = new Map(sessions.revocations);
  if (!revocations.delete(pairOf({ client, remoteSigner }))) return [sessions, []];
  return [{ ...sessions, revocations }, [{ type: 'revoked', client, remoteSigner }]];
}

/** The device said that it does not know an app that we know. */
export function lapse(sessions: Sessions, client: string): Sessions {
  return sessions.apps.has(client) ? { ...sessions, lapsed: new Set(sessions.lapsed).add(client) } : sessions;
}

/** A human said no to whoever showed this secret: nobody shall ask with it a second time. */
export function voidSecret(sessions: Sessions, hash: string): [Sessions, readonly StoreRow[]] {
  if (sessions.secrets.get(hash)?.spent !== null) return [sessions, []];
  const secrets = new Map(sessions.secrets);
  secrets.delete(hash);
  return [{ ...sessions, secrets }, [{ type: 'drop_secret', hash }]];
}

/** An app as it is to be paired. `account` and `relays` where the user, or the app's own line, said them. */
type NewApp = Pick<App, 'client' | 'remoteSigner' | 'ownKey' | 'addressed' | 'onDevice'> & {
  readonly account?: number;
  readonly relays?: readonly string[];
};

/**
 * Pairs an app for good; null when its secret, or the room for it, is gone meanwhile. One that spoke to another key before speaks to that
 * no more: the device forgets the pair that they were.
 */
export function pair(
  sessions: Sessions,
  { client, remoteSigner, ownKey, addressed, onDevice, ...said }: NewApp,
  { secretHash, metadata, perms }: Pick<ConnectRequest, 'metadata' | 'perms'> & { readonly secretHash: string },
  now: number,
): [Sessions, readonly StoreRow[]] | null {
  const before = sessions.apps.get(client);
  const secret = sessions.secrets.get(secretHash);
  if (secret === undefined || (secret.spent !== null && secret.spent.by !== client)) return null;
  if (before === undefined && (secret.spent !== null || sessions.apps.size >= limits.appsMax)) return null;
  const app: App = {
    client,
    account: said.account ?? (secret.spent === null ? secret.account : (before?.account ?? secret.account)),
    remoteSigner,
    ownKey,
    ...(addressed === true ? { addressed } : {}),
    onDevice,
    relays: said.relays ?? before?.relays ?? [],
    // A login without metadata does not make an app nameless that had told its name before.
    name: metadata.name || before?.name || secret.name,
    url: metadata.url || before?.url || '',
    perms: perms || secret.perms,
    pairedAt: now,
    secretHash: secret.hash,
  };
  const apps = new Map(sessions.apps).set(client, app);
  const revocations = new Map(sessions.revocations);
  revocations.delete(pairOf(app));
  const moved = before !== undefined && before.remoteSigner !== remoteSigner ? revocationOf(before) : null;
  if (moved !== null) revocations.set(pairOf(moved), moved);
  const row = { app, ...(moved === null ? {} : { moved }) };
  const paired = { apps, revocations, lapsed: without(sessions.lapsed, client) };
  if (secret.spent !== null) return [{ ...paired, secrets: sessions.secrets }, [{ type: 'pair_again', ...row }]];
  const secrets = new Map(sessions.secrets).set(secret.hash, { ...secret, spent: { by: client, at: now } });
  const rows: StoreRow[] = [{ type: 'pair', ...row }];
  const dropped = surplusSpent(apps, secrets);
  if (dropped !== null) {
    secrets.delete(dropped);
    rows.push({ type: 'drop_secret', hash: dropped });
  }
  return [{ ...paired, secrets }, rows];
}

/** What the device is to forget of an app; null where it knows nothing of it. */
function revocationOf({ client, remoteSigner, onDevice }: App): Revocation | null {
  return onDevice ? { client, remoteSigner } : null;
}

function without(clients: ReadonlySet<string>, client: string): ReadonlySet<string> {
  if (!clients.has(client)) return clients;
  const others = new Set(clients);
  others.delete(client);
  return others;
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

const expired = refuse('expired_secret', 'That one-time secret has expired.', newLine);

const tooManyApps = refuse(
  'busy',
  'This signer has as many paired apps as it can keep.',
  'Remove one that is not used.',
);
