/**
 * The remote-signer keys at which this host is heard: the main one, and those of lines that have their own. A line keeps its key while it may be
 * used, and the app that used it for as long as it is paired; then the key is that of nobody.
 *
 * Promises: at most `lineKeysMax` beside the main one; an app is one only at its own key, and a stranger at all others.
 */
import { limits as device } from '@sallyport/device-protocol';
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import type { BridgeState } from '../bridge/bridge-state.ts';
import type { DeviceAccount } from '../device/device-port.ts';
import type { RemoteSigner } from '../nip46/envelope.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { lineOfApp, lineOfSecret, userLine } from './line-of.ts';
import type { App, Sessions } from './sessions.ts';
import type { KnownAccounts } from './store-rows.ts';

/** The public keys of lines and the lines that they are of. It is made once for each value of the sessions. */
export function lineKeys(sessions: Sessions, signer: RemoteSigner): ReadonlyMap<string, string> {
  const known = made.get(sessions);
  if (known?.signer === signer) return known.keys;
  const live = [...sessions.secrets.values()].filter(({ spent }) => spent === null).map(lineOfSecret);
  const lines = [...live, ...[...sessions.apps.values()].map(lineOfApp)].filter(
    (line) => line !== '' && line !== userLine,
  );
  const keys = new Map(lines.map((line) => [signer.at(line).pubkey, line]));
  made.set(sessions, { signer, keys });
  return keys;
}

/** The line whose key this is, empty for the main one; null for a key of others. */
export function lineAt({ sessions, signer }: Pick<BridgeState, 'sessions' | 'signer'>, pubkey: string): string | null {
  return pubkey === signer.pubkey ? '' : (lineKeys(sessions, signer).get(pubkey) ?? null);
}

/** All keys at which this host is heard, the main one first; last the user keys that answer themselves, which are not ours. */
export function heardKeys({ sessions, signer, known }: Pick<BridgeState, 'sessions' | 'signer' | 'known'>): string[] {
  return [signer.pubkey, ...lineKeys(sessions, signer).keys(), ...userKeys(known).map(({ pubkey }) => pubkey)];
}

/** The accounts whose owner has them answer what is addressed to their own key (PROTOCOL.md, chapter 21). */
export function userKeys(known: KnownAccounts | null): readonly DeviceAccount[] {
  return known?.accounts.filter(({ addressed }) => addressed === true) ?? [];
}

/** The signers of those that are keys of ours. */
export function signersOf(state: Pick<BridgeState, 'sessions' | 'signer'>, pubkeys: readonly string[]): RemoteSigner[] {
  const lines = pubkeys.map((pubkey) => lineAt(state, pubkey)).filter((line) => line !== null);
  return lines.map((line) => state.signer.at(line));
}

/** The app that a client is at the key of this line. */
export function appAt({ apps }: Sessions, client: string, line: string): App | undefined {
  const app = apps.get(client);
  return app !== undefined && lineOfApp(app) === line ? app : undefined;
}

/** The app that a client is at this user key. */
export function appAtUser({ apps }: Sessions, client: string, pubkey: string): App | undefined {
  const app = apps.get(client);
  return app?.addressed === true && app.remoteSigner === pubkey ? app : undefined;
}

/** The hashes of the secrets by which strangers may come to the user key of an account now: the newest, as many as a device is told. */
export function userSecrets({ sessions }: Pick<BridgeState, 'sessions'>, account: number, now: number): string[] {
  const lines = [...sessions.secrets.values()].filter((one) => one.addressed === true && one.account === account);
  const live = lines.filter(({ spent, expiresAt }) => spent === null && now <= expiresAt);
  return live.map(({ hash }) => hash).slice(-device.secretsMax);
}

/** Why there is no key for another line; null where there is one. */
export function noLineKey({ sessions, signer }: Pick<BridgeState, 'sessions' | 'signer'>): Refusal | null {
  return lineKeys(sessions, signer).size >= limits.lineKeysMax ? tooManyKeys : null;
}

const made = new WeakMap<Sessions, { readonly signer: RemoteSigner; readonly keys: ReadonlyMap<string, string> }>();

const tooManyKeys = refuse(
  'busy',
  `This signer has ${limits.lineKeysMax} keys for single apps, which is as many as relays are asked for.`,
  'Remove an app or a line with a key of its own, or make a line with the main key.',
);
