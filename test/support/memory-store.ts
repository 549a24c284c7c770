/** A store in memory: rows folded into what the next host loads, with the promises of the real one (a pairing spends its secret). */
import { type App, pairOf, type Secret } from '../../host/src/core/apps/sessions.ts';
import type {
  AskedRow,
  ChallengeRow,
  KnownAccounts,
  Revocation,
  SeenRow,
  StoreRow,
} from '../../host/src/core/apps/store-rows.ts';
import type { Store } from '../../host/src/store/store.ts';

export function memoryStore(): Pick<Store, 'load' | 'save' | 'pin' | 'savePin' | 'setting' | 'saveSetting'> & {
  readonly rows: readonly StoreRow[];
} {
  const rows: StoreRow[] = [];
  const apps = new Map<string, App>();
  const secrets = new Map<string, Secret>();
  const seen = new Map<string, SeenRow>();
  const revocations = new Map<string, Revocation>();
  let known: KnownAccounts | null = null;
  let pin: string | null = null;
  const settings = new Map<string, string>();
  const asked = new Map<string, AskedRow>();
  const challenges = new Map<string, ChallengeRow>();
  return {
    rows,
    pin: () => pin,
    savePin: (device) => {
      pin = device;
    },
    load: () => ({
      apps: [...apps.values()],
      secrets: [...secrets.values()],
      revocations: [...revocations.values()],
      known,
      seen: [...seen.values()],
      asked: [...asked.values()],
      challenges: [...challenges.values()],
    }),
    setting: (name) => settings.get(name) ?? null,
    saveSetting: (name, value) => void settings.set(name, value),
    save: (row) => {
      rows.push(row);
      if (row.type === 'secret') secrets.set(row.secret.hash, row.secret);
      else if (row.type === 'drop_secret') secrets.delete(row.hash);
      else if (row.type === 'challenge') challenges.set(row.challenge.token, row.challenge);
      else if (row.type === 'challenge_ended') challenges.delete(row.token);
      else if (row.type === 'people')
        return; // the bridge is told of people by a setting
      else if (row.type === 'unpair') {
        apps.delete(row.client);
        for (const key of [...asked.keys()]) if (key.startsWith(row.client)) asked.delete(key);
        if (row.revocation !== null) revocations.set(pairOf(row.revocation), row.revocation);
      } else if (row.type === 'revoke') revocations.set(pairOf(row), row);
      else if (row.type === 'revoked') revocations.delete(pairOf(row));
      else if (row.type === 'accounts') known = row.known;
      else if (row.type === 'replaced') {
        known = row.known;
        for (const client of row.unpaired) apps.delete(client);
        for (const app of row.apps) apps.set(app.client, app);
        for (const hash of row.dropped) secrets.delete(hash);
        revocations.clear();
      } else if (row.type === 'seen') {
        if (!seen.has(row.seen.id)) seen.set(row.seen.id, row.seen);
        if (row.asked !== null) asked.set(`${row.asked.event.pubkey} ${row.asked.request}`, row.asked);
        for (const [id, { createdAt }] of seen) if (createdAt < row.forgetBefore) seen.delete(id);
      } else if (row.type === 'ended') asked.delete(`${row.client} ${row.request}`);
      else if (row.type === 'unasked') {
        asked.delete(`${row.client} ${row.request}`);
        for (const [id, one] of seen) {
          if (one.client === row.client && one.request === row.request) seen.set(id, { ...one, request: null });
        }
      } else {
        if (row.type === 'pair') {
          const secret = secrets.get(row.app.secretHash);
          if (secret === undefined || secret.spent !== null) throw new Error('a pairing must spend a live secret');
          secrets.set(secret.hash, { ...secret, spent: { by: row.app.client, at: row.app.pairedAt } });
        }
        apps.set(row.app.client, row.app);
        revocations.delete(pairOf(row.app));
        if (row.moved !== undefined) revocations.set(pairOf(row.moved), row.moved);
      }
    },
  };
}
