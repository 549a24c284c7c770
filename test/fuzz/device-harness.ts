/**
 * The whole firmware under fuzzing: a host that says what an input tells it to, on a link that is right unless the input says
 * otherwise. It keeps what must hold of any host: nothing is signed without a press, nothing grows, and afterwards an honest host is
 * served.
 */
import {
  cobsEncode,
  crc32,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  type Frame,
  frameDecoder,
  frameFlags,
  frameOverhead,
  helloRequest,
  limits,
  type Message,
} from '@sallyport/device-protocol';
import { type Env, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { bootWith, type FirmwareInput, firmwareDeadline, step } from '../../firmware-sim/src/firmware/firmware.ts';
import { must } from '../soak/stage.ts';
import { countingCurve } from '../support/bench-device.ts';
import { memoryFlash, testChip } from '../support/memory-flash.ts';
import { testLife } from '../support/open-life.ts';
import { bytesFrom, chance } from '../support/random.ts';

/** One thing that happens; bytes are hex. */
export type Op =
  /** Bytes as they are. */
  | { readonly raw: string }
  /** A frame; delimiters, COBS and CRC are made right. */
  | { readonly frame: string }
  /** A message in the running session, in fragments with the right sequence. */
  | { readonly say: string }
  /** Answers the newest pull: with the bytes that it asks for of this input, or with these many less or more. */
  | { readonly chunk: number; readonly of: string }
  | { readonly press: 'approve' | 'deny' | 'next' | 'back' }
  | { readonly wait: number };

export type Harness = {
  readonly happen: (op: Op) => void;
  /** An honest host greets and is answered. */
  readonly serveHonestly: () => void;
  /** Whether all of it got past frames and CBOR: something was delivered, nothing was refused there. */
  readonly past: () => boolean;
  readonly traits: ReadonlySet<string>;
};

/** Below the session of the honest host: the sessions of the inputs count up from zero, and do not come here. */
const honestSession = 0x5a11_0000;

export function harness(): Harness {
  let approvals = 0;
  let signatures = 0;
  const curve = countingCurve(() => signatures++);
  const env: Env = {
    random: bytesFrom(chance(1)),
    crypto: curve,
    flash: memoryFlash(),
    board: OLED128,
    ...testChip,
  };
  const marks = { simulator: true, autoPress: false, demo: true };
  let [state] = bootWith(testLife(env), env, { marks, model: 'fuzz', resetReason: 'power' });
  let now = 1_000;
  let [session, sequence, expected] = [0, 0, 0];
  let parts: Uint8Array[] = [];
  let greeted = false;
  let [delivered, refused] = [0, 0];
  let [sentIn, sentOut] = [0, 0];
  const heard: Message[] = [];
  const traits = new Set<string>();
  const decoder = frameDecoder();
  const acks: Uint8Array[] = [];

  function feed(input: FirmwareInput): void {
    if (input.type === 'bytes') sentIn += input.bytes.length;
    const [next, effects] = step(state, input, now, env);
    state = next;
    for (const effect of effects) {
      if (effect.type !== 'write') continue;
      sentOut += effect.bytes.length;
      for (const frame of decoder.push(effect.bytes)) hear(frame);
    }
    must(state.jobs.length <= limits.requestsMax && state.results.length <= limits.resultsKept, 'the device hoards');
    must(signatures <= approvals, 'a signature without a press');
    must(sentOut <= 100_000 + 60 * sentIn, `${sentIn} bytes were answered by ${sentOut}`);
    for (const job of state.jobs) traits.add(`job ${job.request.command} ${job.phase}`);
  }

  function damaged(): number {
    const { overflow, cobs, crc, header } = state.link.decoder.damage;
    return overflow + cobs + crc + header;
  }

  function settle(): void {
    for (let ack = acks.shift(); ack !== undefined; ack = acks.shift()) feed({ type: 'bytes', bytes: ack });
  }

  function hear(frame: Frame): void {
    traits.add(`frame ${frame.type}`);
    if (frame.type === 'unknown_session' && frame.session === session) greeted = false;
    if (frame.session !== session || frame.type !== 'data' || frame.sequence !== expected) return;
    expected = (expected + 1) & 0xff;
    acks.push(encodeFrame({ type: 'ack', flags: 0, sequence: expected, session, payload: new Uint8Array(0) }));
    if ((frame.flags & frameFlags.first) !== 0) parts = [];
    parts.push(frame.payload);
    if ((frame.flags & frameFlags.last) === 0) return;
    const message = decodeMessage(Uint8Array.from(Buffer.concat(parts)));
    // An error under a code that no table has is the right answer to a request under it.
    if (message.type === 'unreadable') must(message.error === 'unsupported', `unreadable: ${message.detail}`);
    else heard.push(message);
    traits.add(message.type === 'error' ? `error ${message.error} ${message.detail ?? ''}` : `says ${message.type}`);
  }

  function greet(): void {
    [sequence, expected, parts, greeted] = [0, 0, [], true];
    session += 1;
    const payload = helloRequest.encode({ versionMin: 1, versionMax: 1, nonce: new Uint8Array(8).fill(session) });
    feed({
      type: 'bytes',
      bytes: encodeFrame({ type: 'hello_request', flags: 0, sequence: 0, session: session >>> 0, payload }),
    });
    settle();
  }

  function say(message: Uint8Array): void {
    if (!greeted || state.link.arq?.terms.session !== session) greet();
    sequence = state.link.arq?.expected ?? sequence;
    const room = limits.frameDefault - frameOverhead;
    for (let at = 0; at === 0 || at < message.length; at += room) {
      const flags = (at === 0 ? frameFlags.first : 0) | (at + room >= message.length ? frameFlags.last : 0);
      const frame: Frame = { type: 'data', flags, sequence, session, payload: message.slice(at, at + room) };
      sequence = (sequence + 1) & 0xff;
      feed({ type: 'bytes', bytes: encodeFrame(frame) });
    }
    settle();
    const read = decodeMessage(message);
    if (read.type !== 'unreadable' || read.error !== 'malformed') delivered++;
    else refused++;
    traits.add(read.type === 'unreadable' ? `in ${read.error} ${read.detail.replace(/\d+/g, 'N')}` : `in ${read.type}`);
  }

  function happen(op: Op): void {
    if ('raw' in op) feed({ type: 'bytes', bytes: bytesOf(op.raw) });
    else if ('frame' in op) {
      delivered++;
      feed({ type: 'bytes', bytes: wireOf(bytesOf(op.frame)) });
    } else if ('say' in op) say(bytesOf(op.say));
    else if ('chunk' in op) answerPull(op.chunk, bytesOf(op.of));
    else if ('press' in op) {
      if (op.press === 'approve') approvals++;
      now += 500;
      feed({ type: 'tick' }); // the keys are named by now
      feed({ type: 'press', key: op.press, at: now });
    } else {
      now += op.wait;
      const due = firmwareDeadline(state);
      if (due !== null && due <= now) feed({ type: 'tick' });
    }
    settle();
  }

  function answerPull(more: number, input: Uint8Array): void {
    const pull = heard.findLast((one) => one.type === 'request' && one.command === 'chunk_get');
    if (pull?.type !== 'request' || pull.command !== 'chunk_get') return;
    const { offset, length } = pull.body;
    const size = Math.min(limits.chunkMax, Math.max(1, length + more));
    const bytes = new Uint8Array(size);
    bytes.set(input.subarray(offset, offset + size));
    say(encodeMessage({ type: 'reply', id: pull.id, command: 'chunk_get', body: { bytes } }));
  }

  return {
    happen,
    traits,
    past: () => delivered > 0 && refused === 0 && damaged() === 0,
    serveHonestly: () => {
      feed({ type: 'bytes', bytes: new Uint8Array(1) });
      // An honest host draws its session at random: it never takes the number that an input has taken.
      session = honestSession;
      greet();
      const from = heard.length;
      const ping = { type: 'request', id: 0xffff_fff0, command: 'ping', body: { nonce: new Uint8Array(8) } } as const;
      say(encodeMessage(ping));
      const answered = heard.slice(from).some((one) => one.type === 'reply' && one.id === ping.id);
      must(answered, 'an honest host is not served afterwards');
      const { overflow, cobs, crc, header } = state.link.decoder.damage;
      for (const [name, count] of Object.entries({ overflow, cobs, crc, header })) if (count > 0) traits.add(name);
    },
  };
}

/** The body of a frame as it goes onto the wire, its CRC and COBS right. */
function wireOf(body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(body.length + 4);
  whole.set(body);
  new DataView(whole.buffer).setUint32(body.length, crc32(whole, body.length));
  return Uint8Array.of(0, ...cobsEncode(whole), 0);
}

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
