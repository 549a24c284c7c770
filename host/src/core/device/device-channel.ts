/**
 * The host's end of the secure channel within one link session: the handshake after the hello, and the device that is pinned.
 *
 *     none ──open──▶ shaking ──the pinned device──▶ finishing ──its first sealed reply──▶ sealed
 *                      └─ another device, or none that can ─▶ refused      (never paired: plain)
 *
 * Promises: a device other than the pinned one gets nothing of this computer, not even its static key; with a pin there is no
 * unsealed session; what does not open ends the session. Part of device-session.ts.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import {
  type Channel,
  capabilities,
  decodeMessage,
  encodeMessage,
  finish,
  type Handshake,
  type Hello,
  initiate,
  type NoiseEnd,
  open,
  startChannel,
} from '@sallyport/device-protocol';
import { type DeviceSessionState, dropLink, say, sendPlain, type Turn, takeId } from './device-turn.ts';

export type HostChannel =
  | { readonly phase: 'none' }
  /** A device that has no channel, and none is pinned. */
  | { readonly phase: 'plain' }
  | { readonly phase: 'shaking'; readonly handshake: Handshake; readonly id: number }
  | { readonly phase: 'finishing'; readonly end: NoiseEnd; readonly channel: Channel; readonly id: number }
  | {
      readonly phase: 'sealed';
      readonly channel: Channel;
      readonly hash: Uint8Array;
      /** The static key of the device, hex. */
      readonly device: string;
      /** It is the pinned one, and it says that it knows this computer. */
      readonly paired: boolean;
    }
  | { readonly phase: 'refused'; readonly why: 'another_device' | 'no_channel' };

/** Whether requests may be sent now. */
export function isReady({ channel, link }: DeviceSessionState): boolean {
  return link.phase === 'open' && (channel.phase === 'plain' || channel.phase === 'sealed');
}

/** Whether the device has this ability for this computer: all of them are for paired ones only. */
export function isAble({ channel, link }: DeviceSessionState, ability: keyof typeof capabilities): boolean {
  if (link.phase !== 'open' || channel.phase !== 'sealed' || !channel.paired) return false;
  return link.hello.capabilities.includes(capabilities[ability]);
}

/** Whether a handshake is under way: a device that is silent in it is left. */
export function isShaking({ channel }: DeviceSessionState): boolean {
  return channel.phase === 'shaking' || channel.phase === 'finishing';
}

/** A link session opened. True when there is nothing to be waited for. */
export function beginChannel(turn: Turn, hello: Hello, prologue: Uint8Array): boolean {
  const { identity } = turn.state;
  if (!hello.capabilities.includes(capabilities.channel)) {
    if (identity.pin !== null) refuseDevice(turn, 'no_channel');
    else turn.state = { ...turn.state, channel: { phase: 'plain' } };
    return identity.pin === null;
  }
  const { dh, secret } = identity;
  const start = { dh, prologue, staticSecret: secret, ephemeralSecret: turn.random(32) };
  const [handshake, message] = initiate(start);
  const id = takeId(turn);
  turn.state = { ...turn.state, channel: { phase: 'shaking', handshake, id } };
  sendPlain(turn, encodeMessage({ type: 'request', id, command: 'handshake', body: { message } }));
  return false;
}

/** What came in: the opened message, `ready` when it completed the channel, or null when there is nothing to act on. */
export function takeIn(turn: Turn, bytes: Uint8Array, sealed: boolean): Uint8Array | 'ready' | null {
  const { channel } = turn.state;
  switch (channel.phase) {
    case 'none':
    case 'refused':
      return null;
    case 'plain':
      return sealed ? broken(turn) : bytes;
    case 'shaking':
      return sealed ? broken(turn) : takeSecond(turn, channel, bytes);
    case 'finishing':
    case 'sealed': {
      const opened = sealed ? open(channel.channel, bytes) : null;
      if (opened === null) return broken(turn);
      if (channel.phase === 'finishing') return takeFinished(turn, channel, opened);
      turn.state = { ...turn.state, channel: { ...channel, channel: opened[0] } };
      return opened[1];
    }
  }
}

/** The device's handshake message: it says who it is, and proves that it saw the same hello. */
function takeSecond(turn: Turn, { handshake, id }: HostChannel & { phase: 'shaking' }, bytes: Uint8Array): null {
  const message = decodeMessage(bytes);
  // The device announces its state to whoever opens a session: it says so again when the channel stands.
  if (message.type === 'notice') return null;
  if (message.type !== 'reply' || message.command !== 'handshake' || message.id !== id) return broken(turn);
  const finished = finish(handshake, message.body.message);
  if (finished === null) return broken(turn);
  const { end } = finished;
  const { pin } = turn.state.identity;
  if (pin !== null && pin !== bytesToHex(end.peer)) {
    refuseDevice(turn, 'another_device');
    return null;
  }
  const finishId = takeId(turn);
  turn.state = { ...turn.state, channel: { phase: 'finishing', end, channel: startChannel(end), id: finishId } };
  const body = { message: finished.message };
  sendPlain(turn, encodeMessage({ type: 'request', id: finishId, command: 'handshake_finish', body }));
  return null;
}

function takeFinished(
  turn: Turn,
  { end, id }: HostChannel & { phase: 'finishing' },
  [channel, bytes]: readonly [Channel, Uint8Array],
): 'ready' | null {
  const message = decodeMessage(bytes);
  if (message.type !== 'reply' || message.command !== 'handshake_finish' || message.id !== id) return broken(turn);
  const device = bytesToHex(end.peer);
  const paired = message.body.paired && turn.state.identity.pin === device;
  turn.state = { ...turn.state, channel: { phase: 'sealed', channel, hash: end.hash, device, paired } };
  return 'ready';
}

function refuseDevice(turn: Turn, why: 'another_device' | 'no_channel'): void {
  turn.state = { ...turn.state, channel: { phase: 'refused', why } };
  say(turn, { state: 'refused', why });
}

/** Somebody else speaks on this line, or it is not what it was. */
function broken(turn: Turn): null {
  say(turn, { state: 'refused', why: 'broken' });
  dropLink(turn);
  return null;
}
