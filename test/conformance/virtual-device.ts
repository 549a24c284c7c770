/**
 * The simulated device in memory and on the virtual clock, behind a second pair of link ends that can be made wrong in one way: a
 * broken device for the suite to find. With nothing broken it is as good as the device itself.
 */

import {
  closedLink,
  cobsDecode,
  cobsEncode,
  crc32,
  type DeviceLinkInput,
  type DeviceLinkState,
  decodeMessage,
  deviceLinkDeadline,
  encodeFrame,
  encodeMessage,
  type Frame,
  frameDecoder,
  type HostLinkInput,
  type HostLinkState,
  hostLinkDeadline,
  type Message,
  startDeviceLink,
  stepDeviceLink,
  stepHostLink,
  type Unreadable,
} from '@sallyport/device-protocol';
import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import { holdMs } from '../../firmware-sim/src/firmware/jobs/reviewing.ts';
import { virtualClock } from '../support/clock.ts';
import { fingers } from '../support/fingers.ts';
import { pin, settledFlash } from '../support/life-bench.ts';
import { memoryDevice } from '../support/memory-device.ts';
import { bytesFrom, chance } from '../support/random.ts';
import { type Bench, must } from './bench.ts';
import { nodeDh } from './dh.ts';
import { type ChannelFlaw, virtualChannel } from './virtual-channel.ts';

/** What a broken device can do besides what it was sent. */
export type Inside = {
  /** Puts a frame onto the wire. */
  readonly emit: (frame: Frame) => void;
  /** Says a message in the running session. */
  readonly say: (message: Message) => void;
  /** Gives the firmware a message. */
  readonly give: (message: Message | Uint8Array) => void;
  /** Forgets the link session. */
  readonly forget: () => void;
  readonly session: () => number | null;
};

/** One thing wrong with a device. What is left out is right. */
export type Flaw = {
  /** What stands between two zeros, before it is decoded. */
  readonly stuffedIn?: (stuffed: Uint8Array, inside: Inside) => Uint8Array;
  /** The frame that came, its CRC included (`right`: whether it holds; it is made right afterwards); null: as if it never came. */
  readonly bodyIn?: (body: Uint8Array, right: boolean, inside: Inside) => Uint8Array | null;
  readonly frameOut?: (frame: Frame) => readonly Frame[];
  readonly messageIn?: (
    message: Message | Unreadable,
    bytes: Uint8Array,
    inside: Inside,
  ) => readonly (Message | Uint8Array)[];
  readonly messageOut?: (message: Message, inside: Inside) => readonly Message[];
  /** Terms that the link keeps to, whatever hello says. */
  readonly messageMax?: number;
  /** What is wrong with the secure channel. */
  readonly channel?: ChannelFlaw;
  /** Does not tell the firmware that a new session began. */
  readonly sameSession?: true;
};

const screenMs = 20_000;

/** `withPin`: it was set up with a PIN, and its human has unlocked it; without, it is a demo. */
export function virtualDevice(flaw: Flaw, withPin = false): Bench {
  const clock = virtualClock();
  const random = bytesFrom(chance(11));
  let hear: (bytes: Uint8Array) => void = () => undefined;
  let inner: HostLinkState = closedLink;
  let face: DeviceLinkState | null = null;
  let waiting: Uint8Array[] = [];
  let stuffed: number[] = [];
  const written = frameDecoder();
  const device = memoryDevice(
    clock,
    chance(5),
    {
      toHost: (bytes) => stepInner({ type: 'bytes', bytes }),
      prompted: () => undefined,
    },
    {
      curve: { ...acceleratedCrypto, x25519: nodeDh },
      ...(withPin ? { flash: settledFlash(), starts: 'flash' } : {}),
    },
  );

  const inside: Inside = {
    emit: (frame) => toSuite(encodeFrame(frame)),
    say: (message) => {
      const { bytes, sealed } = channel.sealOuter(encodeMessage(message));
      stepFace({ type: 'send', message: bytes, sealed });
    },
    give: (message) => give(message instanceof Uint8Array ? message : encodeMessage(message)),
    forget: () => {
      if (face !== null) face = { ...face, arq: null };
    },
    session: () => face?.arq?.terms.session ?? null,
  };
  const channel = virtualChannel({
    random,
    say: (message) => {
      for (const one of flaw.messageOut?.(message, inside) ?? [message]) inside.say(one);
    },
    ask: (request) => give(encodeMessage(request)),
    flaw: flaw.channel,
  });

  function stepInner(input: HostLinkInput): void {
    const [next, effects] = stepHostLink(inner, input, clock.now(), random);
    inner = next;
    for (const effect of effects) {
      if (effect.type === 'write') device.cable.toDevice(effect.bytes);
      else if (effect.type === 'message') fromFirmware(channel.openInner(effect.bytes, effect.sealed));
      else if (effect.type === 'open') {
        channel.innerPrologue(effect.prologue);
        face ??= startDeviceLink(effect.hello);
        const late = waiting;
        waiting = [];
        for (const message of late) give(message);
      }
    }
  }

  function stepFace(input: DeviceLinkInput): void {
    if (face === null) throw new Error('the firmware did not say hello yet');
    const [next, effects] = stepDeviceLink(face, input, clock.now());
    face = next;
    for (const effect of effects) {
      if (effect.type === 'write') leave(effect.bytes);
      else if (effect.type === 'message') fromSuite(effect.bytes, effect.sealed);
      else if (effect.type === 'opened' && flaw.sameSession === true) {
        inside.say({ type: 'notice', notice: 'state', body: { state: 'ready' } });
      } else if (effect.type === 'opened') {
        widen();
        channel.reset();
        channel.outerPrologue(effect.prologue);
        stepInner({ type: 'wire_closed' });
        stepInner({ type: 'wire_opened' });
      }
    }
  }

  function widen(): void {
    if (face === null || face.arq === null || flaw.messageMax === undefined) return;
    face = { ...face, arq: { ...face.arq, terms: { ...face.arq.terms, messageMax: flaw.messageMax } } };
  }

  function give(message: Uint8Array): void {
    if (inner.phase !== 'open') {
      waiting.push(message);
      return;
    }
    const { bytes, sealed } = channel.sealInner(message);
    stepInner({ type: 'send', message: bytes, sealed });
  }

  function leave(bytes: Uint8Array): void {
    for (const frame of written.push(bytes)) {
      for (const one of flaw.frameOut?.(frame) ?? [frame]) toSuite(encodeFrame(one));
    }
  }

  function toSuite(bytes: Uint8Array): void {
    clock.after(1, () => hear(bytes));
  }

  function fromSuite(wire: Uint8Array, sealed: boolean): void {
    const seen = channel.openOuter(wire, sealed);
    if (seen === 'nothing') return;
    if (seen === 'broken') return inside.forget();
    const bytes = seen.message;
    const message = decodeMessage(bytes);
    const taken = message.type === 'unreadable' ? false : channel.takes(message);
    if (taken === null) inside.forget();
    if (taken !== false) return;
    const given = message.type === 'unreadable' ? bytes : channel.renamed(message);
    for (const one of flaw.messageIn?.(message, bytes, inside) ?? [given]) inside.give(one);
  }

  function fromFirmware(bytes: Uint8Array): void {
    const decoded = decodeMessage(bytes);
    if (decoded.type === 'unreadable') {
      const out = channel.sealOuter(bytes);
      return stepFace({ type: 'send', message: out.bytes, sealed: out.sealed });
    }
    if (channel.answered(decoded)) return;
    const message = channel.changed(withOurDamage(decoded));
    for (const one of flaw.messageOut?.(message, inside) ?? [message]) inside.say(one);
  }

  /** The damage is found here, and the firmware behind sees none of it. */
  function withOurDamage(message: Message): Message {
    if (message.type !== 'reply' || message.command !== 'info' || face === null) return message;
    const { overflow, cobs, crc, header } = face.decoder.damage;
    return { ...message, body: { ...message.body, damagedFrames: overflow + cobs + crc + header } };
  }

  function arrive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte !== 0) stuffed.push(byte);
      else {
        const piece = Uint8Array.from(stuffed);
        stuffed = [];
        if (piece.length > 0) stepFace({ type: 'bytes', bytes: Uint8Array.of(0, ...altered(piece), 0) });
      }
    }
  }

  function altered(piece: Uint8Array): Uint8Array {
    const chunk = flaw.stuffedIn?.(piece, inside) ?? piece;
    const body = cobsDecode(chunk);
    if (flaw.bodyIn === undefined || body === null || body.length < 12) return chunk;
    const right =
      new DataView(body.buffer, body.byteOffset).getUint32(body.length - 4) === crc32(body, body.length - 4);
    const next = flaw.bodyIn(body.slice(), right, inside);
    if (next === null) return new Uint8Array(0);
    if (next.length === body.length && next.every((byte, i) => byte === body[i])) return chunk;
    new DataView(next.buffer).setUint32(next.length - 4, crc32(next, next.length - 4));
    return cobsEncode(next);
  }

  clock.watch(
    () => hostLinkDeadline(inner),
    () => stepInner({ type: 'tick' }),
  );
  clock.watch(
    () => (face === null ? null : deviceLinkDeadline(face)),
    () => stepFace({ type: 'tick' }),
  );
  stepInner({ type: 'wire_opened' });
  if (!clock.until(() => face !== null, 10_000)) throw new Error('the firmware does not say hello');

  const hands = fingers(
    (key) => {
      clock.advance(20);
      device.press(key);
      clock.advance(20);
    },
    () => device.firmware().screen.rows.join('\n'),
  );
  const asksPin = (): boolean => device.firmware().flow?.page.type === 'pin';
  const isAskedByFlow = (): boolean => device.firmware().flow?.page.type === 'question';
  if (withPin) {
    device.press('next');
    hands.pin(pin);
    clock.advance(3_000);
  }

  const until: Bench['until'] = async (holds, ms) => {
    const end = clock.now() + ms;
    if (!clock.until(holds, ms)) clock.advance(Math.max(0, end - clock.now()));
    return holds();
  };
  return {
    now: clock.now,
    write: (bytes) => clock.after(1, () => arrive(bytes)),
    listen: (listener) => {
      hear = listener;
    },
    until,
    press: async (request, key) => {
      const shown = (): boolean =>
        key === 'hold' ? isAskedByFlow() : device.prompt()?.request === request || asksPin();
      must(await until(shown, screenMs), 'the request came onto no screen');
      clock.advance(500); // the keys are named by now
      if (key === 'hold') {
        clock.advance(holdMs);
        device.press('approve', holdMs);
      } else if (asksPin() && key === 'approve') hands.pin(pin);
      else device.press(key);
    },
    compare: async () => {
      must(
        await until(() => device.firmware().pairing?.step === 'comparing', screenMs),
        'no digits came onto the screen',
      );
      clock.advance(500 + holdMs);
      device.press('approve', holdMs);
    },
  };
}
