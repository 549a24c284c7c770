/**
 * The device's end of the secure channel within one link session, and who it is that speaks there.
 *
 *     closed ──hello──▶ plain ──handshake──▶ shaking ──finish verifies──▶ sealed
 *
 * Promises: one handshake in a session; after it nothing unsealed is heard or said; what does not open ends the session without
 * a word; the keys are gone with the session. Whoever speaks in `plain` is an unknown computer, and so is a key in `sealed`
 * that nobody paired.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import {
  type Channel,
  complete,
  type Handshake,
  open,
  type Request,
  respond,
  seal,
  startChannel,
} from '@sallyport/device-protocol';
import { type FirmwareState, say, stepLink, type Turn } from '../turn.ts';
import { knows } from './hosts.ts';
import { endPairing } from './pairing.ts';

export type SessionChannel =
  | { readonly phase: 'closed' }
  | { readonly phase: 'plain'; readonly prologue: Uint8Array }
  | { readonly phase: 'shaking'; readonly handshake: Handshake }
  | { readonly phase: 'sealed'; readonly channel: Channel; readonly hash: Uint8Array; readonly host: Uint8Array };

/** Who asks: the static key of the computer in hex, or nothing for one that said none; and whether a human paired it. */
export type Computer = { readonly host: string; readonly paired: boolean };

/** The computer of the running session. */
export function computerOf({ channel, identity }: FirmwareState): Computer {
  if (channel.phase !== 'sealed') return { host: '', paired: false };
  return { host: bytesToHex(channel.host), paired: knows(identity.hosts, channel.host) };
}

/** A link session began. */
export function sessionOpened(turn: Turn, prologue: Uint8Array): void {
  endPairing(turn);
  turn.state = { ...turn.state, channel: { phase: 'plain', prologue } };
}

/** The link session is over: nobody is there, and the keys are forgotten. */
export function sessionLost(turn: Turn): void {
  endPairing(turn);
  turn.state = { ...turn.state, channel: { phase: 'closed' } };
}

/** The message that came in, opened; null when it ended the session instead. */
export function takeIn(turn: Turn, bytes: Uint8Array, sealed: boolean): Uint8Array | null {
  const { channel } = turn.state;
  // What came in one piece with the message that ended the session is of that session.
  if (channel.phase === 'closed') return null;
  if (channel.phase !== 'sealed' && !sealed) return bytes;
  const opened = channel.phase === 'sealed' && sealed ? open(channel.channel, bytes) : null;
  if (channel.phase !== 'sealed' || opened === null) {
    breakOff(turn);
    return null;
  }
  turn.state = { ...turn.state, channel: { ...channel, channel: opened[0] } };
  return opened[1];
}

/** The bytes to be sent for a message, or null when the channel is used up. */
export function takeOut(
  turn: Turn,
  bytes: Uint8Array,
): { readonly bytes: Uint8Array; readonly sealed: boolean } | null {
  const { channel } = turn.state;
  if (channel.phase !== 'sealed') return { bytes, sealed: false };
  const sealed = seal(channel.channel, bytes);
  if (sealed === null) {
    breakOff(turn);
    return null;
  }
  turn.state = { ...turn.state, channel: { ...channel, channel: sealed[0] } };
  return { bytes: sealed[1], sealed: true };
}

/** The first handshake message. */
export function takeHandshake(turn: Turn, { id, command, body }: Request<'handshake'>): void {
  const { channel, identity } = turn.state;
  const refuse = (detail: string): void => say(turn, { type: 'error', id, command, error: 'invalid_params', detail });
  if (channel.phase !== 'plain') return refuse('one handshake in a session');
  const start = {
    dh: turn.env.crypto.x25519,
    prologue: channel.prologue,
    staticSecret: identity.secret,
    ephemeralSecret: turn.env.random(32),
  };
  const responded = respond(start, body.message);
  if (responded === null) return refuse('no key');
  turn.state = { ...turn.state, channel: { phase: 'shaking', handshake: responded.handshake } };
  say(turn, { type: 'reply', id, command, body: { message: responded.message } });
}

/** The last handshake message; true when the channel stands. Its reply is the first sealed message, which proves the keys. */
export function takeHandshakeFinish(turn: Turn, { id, command, body }: Request<'handshake_finish'>): boolean {
  const { channel } = turn.state;
  if (channel.phase !== 'shaking') {
    say(turn, { type: 'error', id, command, error: 'invalid_params', detail: 'no handshake is under way' });
    return false;
  }
  const completed = complete(channel.handshake, body.message);
  if (completed === null) {
    breakOff(turn);
    return false;
  }
  const { end } = completed;
  turn.state = {
    ...turn.state,
    channel: { phase: 'sealed', channel: startChannel(end), hash: end.hash, host: end.peer },
  };
  say(turn, { type: 'reply', id, command, body: { paired: computerOf(turn.state).paired } });
  return true;
}

/** Whoever is there is not who it was, or lies: there is nothing to be said to them. */
function breakOff(turn: Turn): void {
  stepLink(turn, { type: 'drop' });
  sessionLost(turn);
}
