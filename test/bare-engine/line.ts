/** The wire between a computer and the firmware in the bare engine: the protocol's own functions on one side, frames on the other. */
import {
  type Channel,
  closedLink,
  decodeMessage,
  encodeMessage,
  finish,
  type HostLinkState,
  hostLinkDeadline,
  initiate,
  type Message,
  open,
  seal,
  startChannel,
  stepHostLink,
  x25519,
} from '@sallyport/device-protocol';
import { bytesFrom, chance } from '../support/random.ts';
import type { BareEngine, Did } from './engine.ts';

/** A size that no story has: one that does not move would go on for ever. */
const stepsMax = 200_000;

/** Bytes on the wire, acknowledgements included. */
export type Wire = { readonly toDevice: number; readonly toHost: number };

/** Opens a session. `hear` is told each message of the device, and may answer by the `say` that it is given. */
export function lineTo(engine: BareEngine, hear: (message: Message, say: (answer: Message) => void) => void) {
  const random = bytesFrom(chance(3));
  const toDevice: Uint8Array[] = [];
  const wire = { toDevice: 0, toHost: 0 };
  let link: HostLinkState = closedLink;
  let prologue = new Uint8Array(0);
  let channel: Channel | null = null;
  let handshake: Message | null = null;
  let now = 1_000;
  let screen = engine.first.screen ?? [];

  function takes(given: Parameters<typeof stepHostLink>[1]): void {
    const [next, effects] = stepHostLink(link, given, now, random);
    link = next;
    for (const effect of effects) {
      if (effect.type === 'write') toDevice.push(effect.bytes);
      if (effect.type === 'open') prologue = Uint8Array.from(effect.prologue);
      if (effect.type === 'message') heard(effect.bytes, effect.sealed);
    }
  }
  function heard(bytes: Uint8Array, sealed: boolean): void {
    const opened = sealed && channel !== null ? open(channel, bytes) : ([channel, bytes] as const);
    if (opened === null) throw new Error('what the device sealed does not open');
    channel = opened[0];
    const message = decodeMessage(opened[1]);
    if (message.type === 'unreadable') throw new Error(`the device said what nobody can read: ${message.detail}`);
    if (message.type === 'reply' && message.command === 'handshake') handshake = message;
    hear(message, say);
  }
  function say(message: Message): void {
    const bytes = encodeMessage(message);
    if (channel === null) return takes({ type: 'send', message: bytes });
    const sealed = seal(channel, bytes);
    if (sealed === null) throw new Error('the channel is used up');
    channel = sealed[0];
    takes({ type: 'send', message: sealed[1], sealed: true });
  }
  function did({ wire: frames, screen: drawn }: Did): void {
    if (drawn !== null) screen = drawn;
    for (const bytes of frames) {
      wire.toHost += bytes.length;
      takes({ type: 'bytes', bytes });
    }
  }
  /** Until nobody has anything more to say. */
  function settle(): void {
    for (let steps = 0; ; steps++) {
      const bytes = toDevice.shift();
      if (bytes === undefined) return;
      if (steps > stepsMax) throw new Error('the story does not move');
      wire.toDevice += bytes.length;
      did(engine.bytes(bytes, now));
    }
  }

  takes({ type: 'wire_opened' });
  settle();
  if (hostLinkDeadline(link) !== null) throw new Error('the device did not answer hello');
  return {
    say: (message: Message): void => {
      say(message);
      settle();
    },
    /** The secure channel, of a computer with this static key. */
    establish: (staticSecret: Uint8Array): void => {
      const [state, message] = initiate({ dh: x25519, prologue, staticSecret, ephemeralSecret: random(32) });
      say({ type: 'request', id: 2, command: 'handshake', body: { message } });
      settle();
      if (handshake?.type !== 'reply' || handshake.command !== 'handshake') throw new Error('no handshake');
      const finished = finish(state, handshake.body.message);
      if (finished === null) throw new Error('the handshake of the device does not verify');
      say({ type: 'request', id: 4, command: 'handshake_finish', body: { message: finished.message } });
      channel = startChannel(finished.end);
      settle();
    },
    /** Half a second later, when the keys are named, the human presses. */
    press: (key: 'approve' | 'deny' | 'next' | 'back'): void => {
      now += 500;
      did(engine.tick(now));
      did(engine.press(key, now));
      settle();
    },
    screen: () => screen,
    /** What crossed since the last time. */
    crossed: (): Wire => {
      const crossed = { ...wire };
      Object.assign(wire, { toDevice: 0, toHost: 0 });
      return crossed;
    },
  };
}
