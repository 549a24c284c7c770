/**
 * The real firmware in the hands of an attacker: he has the paired computer's static key, says any message, answers pulls as he likes, and
 * moves time. Beside it stands the book of what he may get without the button: `owe` enters what a grant allows, once.
 */
import {
  type Channel,
  decodeMessage,
  encodeMessage,
  finish,
  type HostLinkInput,
  type HostLinkState,
  hostLinkDeadline,
  initiate,
  type Message,
  open,
  type Request,
  seal,
  startChannel,
  stepHostLink,
} from '@sallyport/device-protocol';
import type { Env } from '../../../firmware-sim/src/firmware/env.ts';
import {
  type FirmwareInput,
  type FirmwareState,
  firmwareDeadline,
  step,
} from '../../../firmware-sim/src/firmware/firmware.ts';
import { cheapDh } from '../../support/cheap-dh.ts';
import { bytesFrom, type Chance } from '../../support/random.ts';
import { toHex } from './apps.ts';
import { aged, type Memory, mapFlash, withAppsIn } from './moment.ts';

/** A device and the attacker's end of the wire at one moment, as values: an attack works on a copy. */
export type Moment = {
  readonly firmware: FirmwareState;
  readonly link: HostLinkState;
  readonly channel: Channel | null;
  readonly memory: Memory;
  readonly appMemory: Memory;
  readonly uptime: number;
};

/** The board but for its memory and chance, and how the firmware starts on it, unlocked. */
export type World = { readonly board: Omit<Env, 'random' | 'flash'>; readonly boot: (env: Env) => FirmwareState };

/** Somebody got what nobody allowed. */
export class Breach extends Error {}

/** What the device asks the computer for. */
export type Pull = Request<'chunk_get'> | Request<'chunk_put'>;
/** A request without its number. */
type Asked = { [C in Request['command']]: Omit<Request<C>, 'id' | 'type'> }[Request['command']];

export type Captive = ReturnType<typeof captive>;

/** A device from this moment on. */
export function captive(moment: Moment, { board, boot }: World, draw: Chance) {
  const random = bytesFrom(draw);
  const records = new Map(moment.memory);
  const appRecords = new Map(moment.appMemory);
  const signatures: string[] = [];
  const heard: Message[] = [];
  const sent: Uint8Array[] = [];
  const owed = new Map<string, number>();
  let { link, channel, uptime } = moment;
  let firmware = withAppsIn(moment.firmware, appRecords);
  let prologue: Uint8Array = new Uint8Array(0);
  let nextId = 1_000;
  let serve: (pull: Pull) => Message | null = () => null;
  let quiet = false;
  let lieAt: number | null = null;
  const rows = (): string => firmware.screen.rows.join('\n');
  const { crypto } = board;
  const signSchnorr: typeof crypto.signSchnorr = (hash, secret, aux) => {
    signatures.push(toHex(hash));
    return crypto.signSchnorr(hash, secret, aux);
  };
  const env: Env = { ...board, random, flash: mapFlash(records), crypto: { ...crypto, signSchnorr } };

  function device(input: FirmwareInput): void {
    const [next, effects] = step(firmware, input, uptime, env);
    firmware = next;
    for (const effect of effects) {
      if (effect.type === 'write') host({ type: 'bytes', bytes: effect.bytes });
      else if (quiet) throw new Breach(`the screen shows something:\n${rows()}`);
    }
  }

  function host(input: HostLinkInput): void {
    const [next, effects] = stepHostLink(link, input, uptime, random);
    link = next;
    for (const effect of effects) {
      if (effect.type === 'write') {
        sent.push(effect.bytes);
        device({ type: 'bytes', bytes: effect.bytes });
      } else if (effect.type === 'open') prologue = lied(Uint8Array.from(effect.prologue));
      else if (effect.type === 'message') hear(effect.bytes, effect.sealed);
    }
  }

  function hear(bytes: Uint8Array, sealed: boolean): void {
    let plain = bytes;
    if (sealed) {
      const opened = channel === null ? null : open(channel, bytes);
      if (opened === null) return;
      [channel, plain] = opened;
    }
    const message = decodeMessage(plain);
    if (message.type === 'unreadable') throw new Breach(`the device said what nobody can read: ${message.detail}`);
    heard.push(message);
    if (message.type !== 'request' || (message.command !== 'chunk_get' && message.command !== 'chunk_put')) return;
    const answer = serve(message);
    if (answer !== null) say(answer);
  }

  function say(message: Message, sealed = channel !== null): void {
    let bytes = encodeMessage(message);
    if (sealed) {
      const next = channel === null ? null : seal(channel, bytes);
      if (next === null) return;
      [channel, bytes] = next;
    }
    if (link.phase === 'open') host({ type: 'send', message: bytes, sealed });
  }

  function wait(ms: number): void {
    const end = uptime + ms;
    for (let ticks = 0; ticks < 5_000; ticks++) {
      const mine = hostLinkDeadline(link);
      const due = Math.min(mine ?? end, firmwareDeadline(firmware) ?? end);
      if (due >= end) break;
      uptime = Math.max(uptime, due);
      if (mine !== null && mine <= uptime) host({ type: 'tick' });
      device({ type: 'tick' });
    }
    uptime = end;
    host({ type: 'tick' });
    device({ type: 'tick' });
  }

  /** A link session anew, and the handshake with this static secret; null: the session stays plain. */
  function greet(secret: Uint8Array | null): void {
    channel = null;
    host({ type: 'wire_closed' });
    host({ type: 'wire_opened' });
    if (secret === null || link.phase !== 'open') return;
    const start = { dh: cheapDh, prologue, staticSecret: secret, ephemeralSecret: random(32) };
    const [handshake, message] = initiate(start);
    const from = heard.length;
    say({ type: 'request', id: takeId(), command: 'handshake', body: { message } }, false);
    const reply = heard.slice(from).find((one) => one.type === 'reply' && one.command === 'handshake');
    if (reply?.type !== 'reply' || reply.command !== 'handshake') return;
    const finished = finish(handshake, reply.body.message);
    if (finished === null) return;
    channel = startChannel(finished.end);
    say({ type: 'request', id: takeId(), command: 'handshake_finish', body: { message: finished.message } }, false);
  }

  /** Somebody in the middle changes a byte of the hello, which the handshake is bound to. */
  function lied(hello: Uint8Array): Uint8Array {
    const at = lieAt;
    return at === null ? hello : hello.map((byte, i) => (i === at % hello.length ? byte ^ 1 : byte));
  }

  function takeId(): number {
    nextId += 2;
    return nextId;
  }

  return {
    heard,
    /** What went to the device, as bytes on the cable. */
    sent,
    /** The hashes that were signed. */
    signatures,
    say,
    wait,
    greet,
    /** Bytes on the cable, below the link. */
    raw: (bytes: Uint8Array) => device({ type: 'bytes', bytes }),
    /** Asks, and gives the number under which it was asked. */
    ask: (asked: Asked, id = takeId()): number => {
      // A union indexed by its own name: the spread cannot be typed as one of its members.
      say({ ...asked, type: 'request', id } as Request);
      return id;
    },
    /** How what was asked under this number ended: the name of its error, the command of its reply, or nothing yet. */
    endOf: (id: number): string | undefined => {
      const end = heard.findLast((one) => (one.type === 'reply' || one.type === 'error') && one.id === id);
      return end?.type === 'error' ? end.error : end?.type === 'reply' ? end.command : undefined;
    },
    /** Answers what the device pulls from now on. */
    serve: (answer: (pull: Pull) => Message | null) => {
      serve = answer;
    },
    /** A key of the board; `heldMs`: how long it has been down. */
    press: (key: 'approve' | 'deny' | 'next' | 'back', heldMs = 0) =>
      device({ type: 'press', key, at: uptime - heldMs }),
    /** The power goes and comes. */
    reboot: () => {
      uptime = 1;
      channel = null;
      host({ type: 'wire_closed' });
      firmware = withAppsIn(boot(env), appRecords, true);
    },
    /** The app asks so much more meanwhile, from this second on. */
    age: (from: number, count: number) => {
      firmware = aged(firmware, appRecords, from, count);
    },
    /** From the next greeting on the hello is another one for the computer than for the device. */
    lieAboutHello: (at: number) => {
      lieAt = at;
    },
    /** Says without the channel what is said in there. */
    plainly: (act: () => void) => {
      const kept = channel;
      channel = null;
      act();
      channel = kept;
    },
    /** From here on nothing may show. */
    beQuiet: () => {
      quiet = true;
    },
    /** A grant allows this once: the id of an event to be signed, or a text to be decrypted. */
    owe: (what: string) => void owed.set(what, (owed.get(what) ?? 0) + 1),
    owed,
    firmware: () => firmware,
    rows,
    isSealed: () => channel !== null,
    moment: (): Moment => ({
      firmware,
      link,
      channel,
      memory: new Map(records),
      appMemory: new Map(appRecords),
      uptime,
    }),
  };
}
