/**
 * A computer that speaks to the firmware by the functions of the protocol alone, without the host: it makes the handshake step by
 * step, so that each step can be left out, repeated or spoiled, and then says what it likes.
 */
import {
  type Channel,
  closedLink,
  decodeMessage,
  encodeMessage,
  finish,
  type HostLinkState,
  initiate,
  type Message,
  type NoiseEnd,
  open,
  seal,
  startChannel,
  stepHostLink,
  type Unreadable,
} from '@sallyport/device-protocol';
import { type Env, type Flash, LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import { bootWith, type FirmwareInput, firmwareDeadline, step } from '../../firmware-sim/src/firmware/firmware.ts';
import { holdMs } from '../../firmware-sim/src/firmware/jobs/reviewing.ts';
import type { Account } from '../../firmware-sim/src/firmware/life/account.ts';
import { loadLife } from '../../firmware-sim/src/firmware/life/life.ts';
import { nodeDh } from '../conformance/dh.ts';
import { memoryFlash, testChip } from './memory-flash.ts';
import { testAccount, testLife } from './open-life.ts';
import { quickCrypto } from './quick-crypto.ts';
import { bytesFrom, chance } from './random.ts';

export function sealedComputer(
  flash: Flash = memoryFlash(),
  secret: Uint8Array = new Uint8Array(32).fill(5),
  account: Account = testAccount,
  /** What the device starts with: the open demo of most tests, or what is in its flash. */
  starts: 'demo' | 'flash' = 'demo',
  memory: Pick<Env, 'spare'> = {},
) {
  const random = bytesFrom(chance(7));
  const env: Env = { ...testChip, random, crypto: quickCrypto, flash, board: LCD240, ...memory };
  const marks = { simulator: true, autoPress: false };
  let now = 1;
  const life = starts === 'demo' ? testLife(env, account) : loadLife(env, 0);
  let [firmware] = bootWith(life, env, { marks, model: 'bench', resetReason: 'power' });
  let link: HostLinkState = closedLink;
  let prologue = new Uint8Array(0);
  let channel: Channel | null = null;
  let heard: (Message | Unreadable)[] = [];
  const said: Uint8Array[] = [];
  const inputs: FirmwareInput[] = [];
  let lost = false;

  function host(input: Parameters<typeof stepHostLink>[1]): void {
    const [next, effects] = stepHostLink(link, input, now, random);
    link = next;
    for (const effect of effects) {
      if (effect.type === 'write') device({ type: 'bytes', bytes: effect.bytes });
      else if (effect.type === 'open') prologue = Uint8Array.from(effect.prologue);
      else if (effect.type === 'lost') lost = true;
      else if (effect.type === 'message') {
        const bytes = opened(effect.bytes, effect.sealed);
        said.push(bytes);
        heard.push(decodeMessage(bytes));
      }
    }
  }

  function opened(bytes: Uint8Array, sealed: boolean): Uint8Array {
    if (!sealed) return bytes;
    const next = channel === null ? null : open(channel, bytes);
    if (next === null) throw new Error('what the device sealed does not open');
    channel = next[0];
    return next[1];
  }

  /** What the computer answers to one write comes after all of that step, as on a wire. */
  function device(input: FirmwareInput): void {
    inputs.push(input);
    if (inputs.length > 1) return;
    for (let one = inputs[0]; one !== undefined; one = inputs[0]) {
      const [next, effects] = step(firmware, one, now, env);
      firmware = next;
      for (const effect of effects) if (effect.type === 'write') host({ type: 'bytes', bytes: effect.bytes });
      inputs.shift();
    }
  }

  /** Says a message as it is now spoken: sealed once the channel stands, or as told. Gives what was heard. */
  function say(message: Message, sealed = channel !== null): readonly (Message | Unreadable)[] {
    heard = [];
    let bytes = encodeMessage(message);
    if (sealed && channel !== null) {
      const next = seal(channel, bytes);
      if (next === null) throw new Error('used up');
      [channel, bytes] = next;
    }
    host({ type: 'send', message: bytes, sealed });
    now += 10;
    return heard;
  }

  function advance(ms: number): readonly (Message | Unreadable)[] {
    heard = [];
    const end = now + ms;
    for (let due = firmwareDeadline(firmware); due !== null && due <= end; due = firmwareDeadline(firmware)) {
      now = Math.max(now, due);
      device({ type: 'tick' });
    }
    now = end;
    return heard;
  }

  function shake(): { readonly message: Uint8Array; readonly end: NoiseEnd } {
    const start = { dh: nodeDh, prologue, staticSecret: secret, ephemeralSecret: random(32) };
    const [handshake, message] = initiate(start);
    const [reply] = say({ type: 'request', id: 2, command: 'handshake', body: { message } }, false);
    if (reply?.type !== 'reply' || reply.command !== 'handshake') throw new Error('no handshake');
    const finished = finish(handshake, reply.body.message);
    if (finished === null) throw new Error('the handshake of the device does not verify');
    return finished;
  }

  host({ type: 'wire_opened' });
  return {
    say,
    shake,
    /** The whole handshake; gives what the device said to its end. */
    establish: () => {
      const { message, end } = shake();
      channel = startChannel(end);
      return say({ type: 'request', id: 4, command: 'handshake_finish', body: { message } }, false);
    },
    /** Pairs, with a hold on the device. */
    pair: (name: string) => {
      say({ type: 'request', id: 6, command: 'pair', body: { name } });
      say({ type: 'request', id: 8, command: 'pair_reveal', body: { random: random(32) } });
      now += 400 + holdMs;
      device({ type: 'press', key: 'approve', at: now - holdMs });
      return say({ type: 'request', id: 10, command: 'pair_confirm', body: { yes: true } });
    },
    /** A key of the board, down for so long; after a pause in which the screen stands still, unless told otherwise. */
    press: (key: 'approve' | 'deny' | 'next' | 'back', heldMs = 0, pauseMs = 1_000) => {
      advance(pauseMs);
      now += heldMs;
      heard = [];
      device({ type: 'press', key, at: now - heldMs });
      return heard;
    },
    /** The cable is pulled and put back: another session, in which nothing was shaken yet. */
    replug: () => {
      host({ type: 'wire_closed' });
      channel = null;
      host({ type: 'wire_opened' });
    },
    /** A key went down at `at`, and is said now. */
    finger: (type: 'press' | 'hold', key: 'approve' | 'deny' | 'next' | 'back', at: number) => {
      heard = [];
      device({ type, key, at });
      return heard;
    },
    now: () => now,
    /** Every message that the device ever said, opened. */
    said: said as readonly Uint8Array[],
    /** Time passes, with the ticks that fall due in it; gives what was heard meanwhile. */
    advance,
    screen: () => firmware.screen.rows,
    flash,
    key: nodeDh.publicKey(secret),
    firmware: () => firmware,
    lost: () => lost,
  };
}
