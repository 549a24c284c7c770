/**
 * The pairing of an app: `connect` with a one-time secret. The host checks the secret, the device asks its human, and only when it
 * said yes and everything is on disk the app is told so.
 *
 * At most one question for a secret at a time, and for a request once. A lost `ack` loses nothing: the secret is spent by this app
 * then, and whoever repeats its `connect` is acknowledged. A human's no makes the line void: whoever holds it cannot ask again and
 * again. Everything else (nobody looked, the device was locked or gone) leaves the line as it was: the same line may be tried again.
 */
import { carriedBy, noteOf, open, refused, repeated, save } from '../bridge/asking.ts';
import type { BridgeEffect, BridgeState, Origin, Step, Wants } from '../bridge/bridge-state.ts';
import { answer, saveSeen } from '../bridge/replies.ts';
import type { DeviceAnswer, DeviceAsk } from '../device/device-port.ts';
import type { NostrEvent } from '../nip46/event.ts';
import { type ConnectRequest, requestDigest, resultText } from '../nip46/nip46-text.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { keepPaired, revokeAll } from './revoking.ts';
import { decideConnect, pair, voidSecret } from './sessions.ts';

/** Handles a `connect`, of whomever. */
export function connect(
  state: BridgeState,
  origin: Origin,
  request: ConnectRequest,
  event: NostrEvent,
  now: number,
): Step {
  const key = requestDigest(request, state.signer);
  const repeat = repeated(state, origin, request, key, event, now);
  if (repeat !== null) return repeat;
  const decision = decideConnect(state.sessions, origin, request, now);
  if (decision.type === 'refused') return refused(state, origin, request, decision.refusal, now);
  if (decision.type === 'known') {
    return [state, [answer(origin, resultText(request.id, 'ack'), now), noteOf(origin, request, 'answered')]];
  }
  if (secretsInUse(state).has(decision.hash)) {
    const [same, effects] = refused(state, origin, request, inUse, now);
    return [same, [saveSeen(event, null, now), ...effects]];
  }
  const [ready, before] = keepPaired(state, {
    client: origin.client,
    remoteSigner: state.signer.at(origin.line).pubkey,
  });
  const question = pairingQuestion(state, origin, request, event, decision);
  // Not kept as asked: when the device was not there the app may ask again with the secret that is still live.
  const [next, effects] = open(ready, origin, request, event, { key, seenAs: null }, question, now);
  return [next, [...before, ...effects]];
}

/** The question of a `connect` that the device was asked before; null: nothing is to be asked any more. */
export function connectQuestion(
  state: BridgeState,
  origin: Origin,
  request: ConnectRequest,
  event: NostrEvent,
  now: number,
): [DeviceAsk, Wants] | null {
  const decision = decideConnect(state.sessions, origin, request, now);
  return decision.type === 'pairs' ? pairingQuestion(state, origin, request, event, decision) : null;
}

function pairingQuestion(
  state: BridgeState,
  origin: Origin,
  { metadata, perms }: ConnectRequest,
  event: NostrEvent,
  { hash, account }: { readonly hash: string; readonly account: number },
): [DeviceAsk, Wants] {
  const carried = carriedBy(state, origin, account, event);
  return [
    // The user made the line that this answers: its secret was checked.
    { method: 'client_connect', carried, announced: true },
    { type: 'pairing', metadata, perms, secretHash: hash, told: 'ack' },
  ];
}

/** The secrets about which the device is being asked. */
export function secretsInUse(state: BridgeState): ReadonlySet<string> {
  const hashes = [...state.open.values()].map(({ wants }) => (wants.type === 'pairing' ? wants.secretHash : null));
  return new Set(hashes.filter((hash) => hash !== null));
}

/** The device paired an app: the rows that have to be saved before it is told; or why it is not paired after all. */
export function paired(
  state: BridgeState,
  { client, line }: Origin,
  wants: Wants & { readonly type: 'pairing' },
  said: DeviceAnswer & { readonly type: 'paired' },
  now: number,
): Step | Refusal {
  const remoteSigner = state.signer.at(line).pubkey;
  const app = { client, remoteSigner, ownKey: line !== '', onDevice: said.by === 'device' };
  const done = pair(state.sessions, app, wants, now);
  if (done === null) return gone;
  // Its pair with another key of ours, if it had one, is over.
  const [next, revokes] = revokeAll({ ...state, sessions: done[0] });
  return [next, [...done[1].map(save), ...revokes]];
}

/** A no of the human: the line is void, and the app learns that. */
export function denied(state: BridgeState, secretHash: string): [BridgeState, readonly BridgeEffect[], Refusal] {
  const [sessions, rows] = voidSecret(state.sessions, secretHash);
  return [{ ...state, sessions }, rows.map(save), lineVoid];
}

const lineVoid = refuse(
  'denied',
  'Pairing was denied on the device, and this bunker line is void.',
  'Make a new line if that was a mistake.',
);

const inUse = refuse(
  'busy',
  'Another app is being paired with this bunker line.',
  'Look at the device; make a new line for each app.',
);

const gone = refuse(
  'spent_secret',
  'The bunker line became void while the device was asked.',
  'Make a new line and paste it into the app.',
);
