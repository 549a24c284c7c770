/**
 * An app that introduced itself by a `nostrconnect://` line. The user gave us the line and the device's human said yes; what is left
 * is to keep it and to tell it so: with its own secret, on its own relays, which are kept for it.
 *
 * Its secret is its own and may be short, so it is never one that others could pair by: it is known only together with the app's key.
 */

import { save } from '../bridge/asking.ts';
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import type { BridgeState, Step } from '../bridge/bridge-state.ts';
import { answer, note } from '../bridge/replies.ts';
import type { DeviceAsk } from '../device/device-port.ts';
import { narrowed } from '../narrowing/narrowing.ts';
import { resultText } from '../nip46/nip46-text.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { appAt, lineAt, noLineKey } from './line-keys.ts';
import { lineOfSecret } from './line-of.ts';
import type { Introduction } from './nostrconnect-uri.ts';
import { revokeAll } from './revoking.ts';
import { introducedHash, pair, pairOf, type Secret, type Sessions } from './sessions.ts';
import type { StoreRow } from './store-rows.ts';

/** Who was introduced, as which account, and to the key of which line (`introducedLine`). `onDevice`: the device paired it, too. */
export type Introduced = {
  readonly introduction: Introduction;
  readonly account: number;
  readonly line: string;
  readonly onDevice: boolean;
};

/** The line whose key an app is to speak to; of one that was paired by this line before it is what it was. Empty: the main key. */
export function introducedLine({ sessions }: BridgeState, { client, secret }: Introduction, ownKey: boolean): string {
  const hash = introducedHash(client, secret);
  const before = sessions.apps.has(client) ? sessions.secrets.get(hash) : undefined;
  return lineOfSecret({ hash, ownKey: before?.ownKey ?? ownKey });
}

/** Why the device is not asked about an app; null when it may be. */
export function whyNotIntroduced(
  state: BridgeState,
  { client }: Introduction,
  line: string,
  now: number,
): Refusal | null {
  const { sessions } = state;
  if (state.stopping) return stopping;
  if (!sessions.apps.has(client) && sessions.apps.size >= limits.appsMax) return tooManyApps;
  if (!state.signer.isKey(client)) return noKey;
  if (line !== '' && lineAt(state, state.signer.at(line).pubkey) === null) {
    const full = noLineKey(state);
    if (full !== null) return full;
  }
  return narrowed(state.narrowing, { client, method: 'connect', kind: null }, now);
}

/** What the device is asked about an app; `announced`: its line was given to us by the user. */
export function introductionAsk(
  { client, name, perms }: Introduction,
  remoteSigner: string,
  account: number,
  announced: boolean,
  now: number,
): DeviceAsk {
  // The clock of the app may be minutes behind ours, and what it signs by it must be taken from the start.
  const createdAt = Math.max(0, Math.floor(now / 1000) - limits.freshnessSeconds);
  return { method: 'client_introduce', client, remoteSigner, account, name, perms, announced, createdAt };
}

/** The device said yes: on disk first, then the app is told. */
export function introduced(state: BridgeState, input: Introduced, now: number): Step {
  const { introduction, line } = input;
  const { client, relays, secret } = introduction;
  const refusal = whyNotIntroduced(state, introduction, line, now);
  const done = refusal === null ? introduce(state.sessions, state.signer.at(line).pubkey, input, now) : null;
  if (done === null) return undone(state, input, refusal ?? tooManyApps);
  const [sessions, rows] = done;
  const origin = { client, line, relays, encryption: 'nip44', createdAt: Math.floor(now / 1000) } as const;
  // It answers no request: any id will do, and the app looks at the secret. Lines of 2023 and 2024 had none and expect an ack.
  const id = JSON.stringify(introducedHash(client, secret).slice(0, 16));
  const told = answer(origin, resultText(id, secret === '' ? 'ack' : secret), now);
  // Its pair with another key of ours, if it had one, is over.
  const [next, revokes] = revokeAll({ ...state, sessions });
  return [next, [...rows.map(save), told, note(client, 'connect', null, 'paired'), ...revokes]];
}

/** The user stopped everything while the device asked: what it has paired meanwhile it forgets, unless we knew the app before. */
function undone(state: BridgeState, { introduction: { client }, line, onDevice }: Introduced, refusal: Refusal): Step {
  const told = note(client, 'connect', null, refusal);
  if (!onDevice || appAt(state.sessions, client, line) !== undefined) return [state, [told]];
  const revocation = { client, remoteSigner: state.signer.at(line).pubkey };
  const revocations = new Map(state.sessions.revocations).set(pairOf(revocation), revocation);
  const [next, effects] = revokeAll({ ...state, sessions: { ...state.sessions, revocations } });
  return [next, [save({ type: 'revoke', ...revocation }), ...effects, told]];
}

/** The relays that apps brought themselves. */
export function relaysOfApps(sessions: Sessions): readonly string[] {
  return [...new Set([...sessions.apps.values()].flatMap(({ relays }) => relays))];
}

function introduce(
  before: Sessions,
  remoteSigner: string,
  { introduction, account, line, onDevice }: Introduced,
  now: number,
): [Sessions, readonly StoreRow[]] | null {
  const { client, relays, name, url, perms } = introduction;
  const hash = introducedHash(client, introduction.secret);
  const ownKey = line !== '';
  const rows: StoreRow[] = [];
  const secrets = new Map(before.secrets);
  if (!before.apps.has(client) && secrets.delete(hash)) rows.push({ type: 'drop_secret', hash });
  if (!secrets.has(hash)) {
    // It ends as it begins: after a crash between the two rows nothing is left that could pair.
    const secret: Secret = { hash, name, account, perms, ownKey, createdAt: now, expiresAt: now - 1, spent: null };
    secrets.set(hash, secret);
    rows.push({ type: 'secret', secret });
  }
  const app = { client, remoteSigner, ownKey, onDevice, account, relays };
  const done = pair({ ...before, secrets }, app, { secretHash: hash, metadata: { name, url }, perms }, now);
  return done === null ? null : [done[0], [...rows, ...done[1]]];
}

const stopping = refuse('shutting_down', 'The signer is shutting down.', 'Start it again, then connect.');

const noKey = refuse('malformed', 'The key in the line is no key.', 'Copy the line from the app once more.');

const tooManyApps = refuse(
  'busy',
  'This signer has as many paired apps as it can keep.',
  'Remove one that is not used.',
);
