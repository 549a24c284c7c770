/**
 * sessions.json: what host and device really say to each other, frame by frame: the real device session and the real firmware on
 * a wire without delay, fixed randomness, a clock that moves only to the next deadline.
 */

import { x25519 } from '@sallyport/device-protocol';
import { decodeCbor } from '../../device-protocol/src/cbor/cbor.ts';
import { type Frame, frameDecoder, frameFlags } from '../../device-protocol/src/link/frame.ts';
import { LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import { bootWith, type FirmwareInput, firmwareDeadline, step } from '../../firmware-sim/src/firmware/firmware.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import type { DeviceAsk } from '../../host/src/core/device/device-port.ts';
import {
  type DeviceSessionInput,
  deviceSessionDeadline,
  startDeviceSession,
  stepDeviceSession,
} from '../../host/src/core/device/device-session.ts';
import { memoryFlash, pairedBefore, testChip } from '../support/memory-flash.ts';
import { testAccount, testLife } from '../support/open-life.ts';
import { bytesFrom, chance } from '../support/random.ts';
import { diagnostic, hexOf } from './diagnostic.ts';

type End = 'host' | 'device';
export type SessionLine =
  | { readonly from: End; readonly atMs: number; readonly wire: string; readonly says: string; readonly lost?: true }
  | { readonly atMs: number; readonly happens: string };
export type Session = { readonly name: string; readonly about: string; readonly lines: SessionLine[] };

const peer = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const note = { kind: 1, created_at: 1_700_000_000, tags: [['t', 'nostr']], content: 'hello ✨' };

export function sessionVectors() {
  const world = makeWorld();
  const { begin, ask, press, run } = world;
  begin('hello', 'A wire opens. The device says its state, the host asks for the rest.');
  world.host({ type: 'wire_opened' });
  run();
  begin('ping', 'Nothing was heard for a while: the host asks whether the session still stands.');
  world.tick('host');
  run();
  begin('get_public_key', 'Asks nobody.');
  ask({ method: 'get_public_key', account: 0 });
  begin('sign_event', 'The input came whole. The device waits for the button and says so; then it answers.');
  ask({ method: 'sign_event', account: 0, label: 'Coracle', event: note });
  press('approve');
  begin('sign_event, denied', 'The same, and the other button.');
  ask({ method: 'sign_event', account: 0, label: 'Coracle', event: note });
  press('deny');
  begin('sign_event with a lost frame', 'The request is lost on the wire; the host sends it again after 300 ms.');
  world.lose('host');
  ask({ method: 'sign_event', account: 0, label: 'Coracle', event: { ...note, created_at: 1_700_000_001 } });
  world.tick('host');
  run();
  press('approve');
  begin(
    'nip44_encrypt in chunks',
    'The device pulls what did not fit the request, and pushes what does not fit the reply.',
  );
  ask({ method: 'nip44_encrypt', account: 0, label: 'Coracle', peer, text: 'Sallyport '.repeat(500) });
  press('approve');
  begin(
    'a new session while a request is open',
    'The wire closes and opens again; the host claims its request by get_result.',
  );
  ask({ method: 'sign_event', account: 0, label: 'Coracle', event: { ...note, created_at: 1_700_000_002 } });
  world.happens('the wire closes and opens again');
  world.host({ type: 'wire_closed' });
  world.host({ type: 'wire_opened' });
  run();
  press('approve');
  return {
    about:
      'One continuous history. wire is one frame with its delimiters, in lowercase hex; a line with "lost" never arrived. ' +
      'The secret key is the test account of the simulator: it is public.',
    pubkey: hexOf(testAccount.pubkey),
    sessions: world.sessions,
  };
}

function makeWorld() {
  const random = bytesFrom(chance(46));
  // Made apart from the rest of the history, which shows a device without the channel: channel.json shows what it adds.
  const flash = memoryFlash();
  const identity = pairedBefore(flash, bytesFrom(chance(47)), x25519);
  const env = {
    random,
    crypto: portableCrypto,
    flash,
    board: LCD240,
    ...testChip,
  };
  const marks = { simulator: true, demo: true, autoPress: false };
  let [firmware] = bootWith(testLife(env), env, { marks, model: 'simulator', resetReason: 'power' });
  firmware = { ...firmware, link: { ...firmware.link, facts: { ...firmware.link.facts, capabilities: [] } } };
  let session = startDeviceSession(random, { ...identity, pin: null });
  let now = 1_000;
  let jobs = 0;
  let loseNext: End | null = null;
  const sessions: Session[] = [];
  const readers = { host: reader(), device: reader() };
  let wire: { from: End; bytes: Uint8Array }[] = [];

  function written(from: End, bytes: Uint8Array): void {
    const lost = loseNext === from;
    if (lost) loseNext = null;
    else wire.push({ from, bytes });
    const line = { from, atMs: now, wire: hexOf(bytes), says: lost ? 'lost' : readers[from](bytes) };
    sessions.at(-1)?.lines.push(lost ? { ...line, lost } : line);
  }

  function host(input: DeviceSessionInput): void {
    const [next, effects] = stepDeviceSession(session, input, now, random);
    session = next;
    for (const effect of effects) if (effect.type === 'write') written('host', effect.bytes);
  }

  function device(input: FirmwareInput): void {
    const [next, effects] = step(firmware, input, now, env);
    firmware = next;
    for (const effect of effects) if (effect.type === 'write') written('device', effect.bytes);
  }

  function run(): void {
    for (let next = wire[0]; next !== undefined; next = wire[0]) {
      wire = wire.slice(1);
      const input = { type: 'bytes', bytes: next.bytes } as const;
      if (next.from === 'host') device(input);
      else host(input);
    }
  }

  function tick(who: End): void {
    now = Math.max(now, (who === 'host' ? deviceSessionDeadline(session) : firmwareDeadline(firmware)) ?? now);
    if (who === 'host') host({ type: 'tick' });
    else device({ type: 'tick' });
  }

  function happens(what: string): void {
    sessions.at(-1)?.lines.push({ atMs: now, happens: what });
  }

  return {
    sessions,
    host,
    run,
    tick,
    happens,
    begin: (name: string, about: string): void => {
      sessions.push({ name, about, lines: [] });
      // The outcome before has been read: the device shows no next request until then.
      now += 500;
    },
    ask: (ask: DeviceAsk): void => {
      host({ type: 'ask', job: jobs++, client: 'app', ask });
      run();
    },
    press: (key: 'approve' | 'deny'): void => {
      now += 500;
      device({ type: 'tick' }); // the keys are named by now
      happens(`the human presses ${key}`);
      device({ type: 'press', key, at: now });
      run();
    },
    lose: (from: End): void => {
      loseNext = from;
    },
  };
}

/** Says what a frame is; for the last fragment of a message, also what the message is. */
function reader(): (bytes: Uint8Array) => string {
  let parts: Uint8Array[] = [];
  return (bytes) => {
    const [frame] = frameDecoder().push(bytes);
    if (frame === undefined) throw new Error('not a frame');
    if (frame.type === 'ack') return `ack: next is ${frame.sequence}`;
    if (frame.type !== 'data') return `${frame.type}: ${noted(frame.payload)}`;
    if ((frame.flags & frameFlags.first) !== 0) parts = [];
    parts = [...parts, frame.payload];
    const last = (frame.flags & frameFlags.last) !== 0;
    return `data ${frame.sequence}${fragmentOf(frame)}${last ? `: ${noted(Buffer.concat(parts))}` : ''}`;
  };
}

function fragmentOf(frame: Frame): string {
  return ['', ', first', ', last', ''][frame.flags] + (frame.flags === 0 ? ', middle' : '');
}

function noted(message: Uint8Array): string {
  const decoded = decodeCbor(Uint8Array.from(message));
  if ('wrong' in decoded) throw new Error(decoded.wrong);
  const text = diagnostic(decoded.value);
  return text.length <= 600 ? text : `${text.slice(0, 200)}… (${message.length} bytes)`;
}
