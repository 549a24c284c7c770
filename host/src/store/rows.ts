/** Rows of the tables as the values that the bridge starts with. */
import type { App, Secret } from '../core/apps/sessions.ts';
import type { AskedRow, ChallengeRow, KnownAccounts, SeenRow } from '../core/apps/store-rows.ts';
import { parseEvent } from '../core/nip46/event.ts';
import { integer, type Row, text } from './columns.ts';

export function appOf(row: Row): App {
  const { client, account, remote_signer, own_key, on_device, relays, name, url, perms, paired_at, secret_hash } = row;
  return {
    client: text(client),
    account: integer(account),
    remoteSigner: text(remote_signer),
    ownKey: integer(own_key) === 1,
    ...addressedOf(row),
    onDevice: integer(on_device) === 1,
    relays: text(relays)
      .split(' ')
      .filter((url) => url !== ''),
    name: text(name),
    url: text(url),
    perms: text(perms),
    pairedAt: integer(paired_at),
    secretHash: text(secret_hash),
  };
}

/** A row whose event is none is a rest of nothing: it is left out. */
export function askedOf(row: Row): AskedRow[] {
  const { event, request, relay, came_at } = row;
  const parsed = parseEvent(JSON.parse(text(event)));
  if (parsed === null) return [];
  return [{ event: parsed, request: text(request), relay: text(relay), cameAt: integer(came_at) }];
}

export function challengeOf(row: Row): ChallengeRow[] {
  const { token, event, relay, since, account, secret_hash } = row;
  const parsed = parseEvent(JSON.parse(text(event)));
  if (parsed === null) return [];
  const asking = account === null ? null : { account: integer(account), secretHash: text(secret_hash) };
  return [{ token: text(token), event: parsed, relay: text(relay), since: integer(since), asking }];
}

export function knownOf(rows: readonly Row[]): KnownAccounts | null {
  const [first] = rows;
  if (first === undefined) return null;
  const accounts = rows.map((row) => ({
    account: integer(row['number']),
    name: text(row['name']),
    pubkey: text(row['pubkey']),
    ...addressedOf(row),
  }));
  return { device: text(first['device']), accounts };
}

export function secretOf(row: Row): Secret {
  const { hash, name, account, perms, own_key, created_at, expires_at, spent_by, spent_at } = row;
  const spent = spent_by === null ? null : { by: text(spent_by), at: integer(spent_at) };
  return {
    hash: text(hash),
    name: text(name),
    account: integer(account),
    perms: text(perms),
    ownKey: integer(own_key) === 1,
    ...addressedOf(row),
    createdAt: integer(created_at),
    expiresAt: integer(expires_at),
    spent,
  };
}

export function seenOf(row: Row): SeenRow {
  const { id, client, request, created_at } = row;
  const textOrNull = (value: unknown): string | null => (value === null ? null : text(value));
  return { id: text(id), client: textOrNull(client), request: textOrNull(request), createdAt: integer(created_at) };
}

function addressedOf({ addressed }: Row): { readonly addressed?: true } {
  return integer(addressed) === 1 ? { addressed: true } : {};
}
