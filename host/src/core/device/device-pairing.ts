/**
 * Pairing from the host's side: the six digits that the human compares with the device's, and what follows from the answer.
 *
 * Promises: the code is made only of a random that the device had committed to before it saw ours; the device is pinned only
 * after the human said yes here and the device told that it was confirmed there; each pairing ends with `paired` or `failed`.
 * Part of device-session.ts.
 */
import { type ErrorMessage, keepsCommitment, pairingBytes, pairingCode, type Reply } from '@sallyport/device-protocol';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { toRefusal } from './device-refusal.ts';
import { askInfo, type DeviceSessionEffect, dropLink, send, type Turn, takeId } from './device-turn.ts';

export type HostPairing =
  /** The device is locked, and pairs with nobody until its PIN was typed: device-lock.ts asks for it. */
  | { readonly step: 'locked' }
  | { readonly step: 'begun'; readonly id: number }
  | { readonly step: 'revealing'; readonly id: number; readonly commitment: Uint8Array; readonly random: Uint8Array }
  /** The human compares. */
  | { readonly step: 'comparing' }
  | { readonly step: 'confirming'; readonly id: number };

/** What people are told of a pairing. */
export type PairingNews =
  | { readonly state: 'code'; readonly code: string }
  | { readonly state: 'paired'; readonly device: string }
  | { readonly state: 'failed'; readonly refusal: Refusal };

/** Begins a pairing with an unpaired device; does nothing where there is none. */
export function beginPairing(turn: Turn): void {
  const { channel, pairing, life } = turn.state;
  if (channel.phase !== 'sealed' || channel.paired || pairing !== null) return;
  if (life === 'locked') turn.state = { ...turn.state, pairing: { step: 'locked' } };
  else sendPair(turn);
}

/** Goes on with a pairing that had to wait for the PIN. */
export function pairWhenUnlocked(turn: Turn): void {
  const { pairing, life } = turn.state;
  if (pairing?.step === 'locked' && life !== null && life !== 'locked') sendPair(turn);
}

/** Nobody typed the PIN. */
export function pairingNotUnlocked(turn: Turn): void {
  if (turn.state.pairing?.step === 'locked') fail(turn, toRefusal('locked'));
}

function sendPair(turn: Turn): void {
  const { identity } = turn.state;
  const id = takeId(turn);
  turn.state = { ...turn.state, pairing: { step: 'begun', id } };
  send(turn, { type: 'request', id, command: 'pair', body: { name: identity.name } });
}

/** What the human said to the code. */
export function answerPairing(turn: Turn, yes: boolean): void {
  if (turn.state.pairing?.step !== 'comparing') return;
  const id = takeId(turn);
  turn.state = { ...turn.state, pairing: { step: 'confirming', id } };
  send(turn, { type: 'request', id, command: 'pair_confirm', body: { yes } });
}

/** Takes a reply or an error that belongs to the pairing; false when it does not. */
export function takePairing(turn: Turn, message: Reply | ErrorMessage): boolean {
  const { pairing, channel } = turn.state;
  if (pairing === null || !('id' in pairing) || message.id !== pairing.id) return false;
  if (message.type === 'error') {
    fail(turn, toRefusal(message.error));
    return true;
  }
  if (channel.phase !== 'sealed') return false;
  if (message.command === 'pair' && pairing.step === 'begun') {
    const random = turn.random(pairingBytes);
    const id = takeId(turn);
    const { commitment } = message.body;
    turn.state = { ...turn.state, pairing: { step: 'revealing', id, commitment, random } };
    send(turn, { type: 'request', id, command: 'pair_reveal', body: { random } });
    return true;
  }
  if (message.command === 'pair_reveal' && pairing.step === 'revealing') {
    reveal(turn, pairing, channel.hash, message.body.random);
    return true;
  }
  if (message.command === 'pair_confirm' && pairing.step === 'confirming') {
    confirmed(turn, channel.device);
    return true;
  }
  return false;
}

/** The session of the pairing is gone. */
export function pairingLost(turn: Turn): void {
  if (turn.state.pairing === null) return;
  fail(turn, refuse('cancelled', 'The connection ended while the device was being paired.', 'Pair it again.'));
}

function reveal(
  turn: Turn,
  { commitment, random }: HostPairing & { step: 'revealing' },
  hash: Uint8Array,
  deviceRandom: Uint8Array,
): void {
  if (!keepsCommitment(commitment, hash, deviceRandom)) {
    const words = 'The device changed its number while it was being paired: somebody may be in between.';
    fail(turn, refuse('bad_device_answer', words, 'Check the cable and the device before you try again.'));
    return dropLink(turn);
  }
  turn.state = { ...turn.state, pairing: { step: 'comparing' } };
  tell(turn, { state: 'code', code: pairingCode(hash, deviceRandom, random) });
}

function confirmed(turn: Turn, device: string): void {
  const { channel, identity } = turn.state;
  turn.effects.push({ type: 'pin', device });
  turn.state = { ...turn.state, pairing: null, identity: { ...identity, pin: device } };
  if (channel.phase === 'sealed') turn.state = { ...turn.state, channel: { ...channel, paired: true } };
  tell(turn, { state: 'paired', device });
  askInfo(turn);
}

function fail(turn: Turn, refusal: Refusal): void {
  turn.state = { ...turn.state, pairing: null };
  tell(turn, { state: 'failed', refusal });
}

function tell(turn: Turn, news: PairingNews): void {
  const effect: DeviceSessionEffect = { type: 'pairing', news };
  turn.effects.push(effect);
}
