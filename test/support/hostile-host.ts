/**
 * A host that speaks the device protocol and does what it likes: any message under any id, any bytes, any answer to what the device
 * pulls. The link below it is the real one, so that its messages arrive.
 */
import {
  closedLink,
  decodeMessage,
  encodeCbor,
  encodeMessage,
  type HostLinkInput,
  hostLinkDeadline,
  limits,
  type Message,
  type Reply,
  type Request,
  stepHostLink,
} from '@sallyport/device-protocol';
import { getEventHash } from 'nostr-tools/pure';
import type { Env } from '../../firmware-sim/src/firmware/env.ts';
import { countingCurve } from './bench-device.ts';
import { type Clock, virtualClock } from './clock.ts';
import { type MemoryDevice, memoryDevice } from './memory-device.ts';
import { bytesFrom, type Chance, chance } from './random.ts';

export type HostileHost = {
  readonly device: MemoryDevice;
  /** Everything that the device said, oldest first. */
  readonly heard: readonly Message[];
  /** What the device pulled or pushed and was not answered yet. */
  readonly pulls: Request[];
  readonly say: (message: Message | Uint8Array) => void;
  /** Bytes on the cable, below the link. */
  readonly raw: (bytes: Uint8Array) => void;
  /** Ends the link session and greets anew. */
  readonly greet: () => void;
  readonly isOpen: () => boolean;
};

export function hostileHost(clock: Clock, draw: Chance, curve?: Env['crypto']): HostileHost {
  const random = bytesFrom(draw);
  const heard: Message[] = [];
  const pulls: Request[] = [];
  let link: Parameters<typeof stepHostLink>[0] = closedLink;
  const device = memoryDevice(
    clock,
    draw,
    { toHost: (bytes) => feed({ type: 'bytes', bytes }), prompted: () => undefined },
    curve === undefined ? {} : { curve },
  );

  function feed(input: HostLinkInput): void {
    const [next, effects] = stepHostLink(link, input, clock.now(), random);
    link = next;
    for (const effect of effects) {
      if (effect.type === 'write') device.cable.toDevice(effect.bytes);
      if (effect.type !== 'message') continue;
      const message = decodeMessage(effect.bytes);
      if (message.type === 'unreadable') throw new Error(`the device said what nobody can read: ${message.detail}`);
      heard.push(message);
      if (message.type === 'request') pulls.push(message);
    }
  }

  clock.watch(
    () => hostLinkDeadline(link),
    () => feed({ type: 'tick' }),
  );
  feed({ type: 'wire_opened' });
  return {
    device,
    heard,
    pulls,
    say: (message) => feed({ type: 'send', message: message instanceof Uint8Array ? message : encodeMessage(message) }),
    raw: (bytes) => device.cable.toDevice(bytes),
    greet: () => {
      feed({ type: 'wire_closed' });
      feed({ type: 'wire_opened' });
    },
    isOpen: () => link.phase === 'open',
  };
}

export type HostileBench = {
  readonly clock: Clock;
  readonly draw: Chance;
  readonly host: HostileHost;
  /** Waits until something holds; it not holding is a failure. */
  readonly until: (what: string, holds: () => boolean, limitMs?: number) => void;
};

/** The event that is asked for where nothing else is said. */
export const plainEvent = { created_at: 1_760_000_000, kind: 1, tags: [['t', 'x']], content: 'hello' };

/** A hostile host with an open link, in its own world. The curve only counts: what is signed matters here, not the signature. */
export function hostileBench(seed = 1): HostileBench {
  const clock = virtualClock();
  const draw = chance(seed);
  const host = hostileHost(
    clock,
    draw,
    countingCurve(() => undefined),
  );
  const until = (what: string, holds: () => boolean, limitMs = 120_000): void => {
    if (!clock.until(holds, limitMs)) throw new Error(`${what}: never`);
  };
  until('the link opens', host.isOpen);
  return { clock, draw, host, until };
}

/** The input of a request to sign this event. */
export const inputOf = (fields: Partial<typeof plainEvent> = {}): Uint8Array => {
  const { created_at, kind, tags, content } = { ...plainEvent, ...fields };
  return encodeCbor([created_at, kind, tags, content]);
};

/** A request to sign; length and head may lie. */
export function signRequest(id: number, input: Uint8Array, length = input.length, head = input): Request<'sign_event'> {
  const body = { account: 0, label: 'an app', input: { length, head: head.slice(0, limits.headMax) } };
  return { type: 'request', id, command: 'sign_event', body };
}

/** The answer to a pull. */
export function chunk(pull: Request, bytes: Uint8Array): Reply<'chunk_get'> {
  return { type: 'reply', id: pull.id, command: 'chunk_get', body: { bytes } };
}

/** The last answer to this request: the name of its error, or `reply`. */
export function endOf(host: HostileHost, id: number): string | undefined {
  const ends = host.heard.filter((one) => (one.type === 'reply' || one.type === 'error') && one.id === id);
  const last = ends.at(-1);
  return last?.type === 'error' ? last.error : last?.type;
}

/** An honest host after all that: it greets, asks, the human presses, it has its signature. */
export function serveHonestly({ clock, host, until }: HostileBench): void {
  host.greet();
  until('the link opens again', host.isOpen);
  clock.advance(limits.claimMs + 1_000);
  const content = 'an honest note';
  const id = 0x7fff_fff0;
  host.say(signRequest(id, inputOf({ content })));
  until('the honest prompt', () => host.device.prompt()?.request === id);
  clock.advance(500);
  host.device.press('approve');
  until('the honest signature', () => endOf(host, id) === 'reply');
  const hash = getEventHash({ ...plainEvent, content, pubkey: host.device.pubkey });
  if (host.device.signatures.at(-1)?.hash !== hash) throw new Error('another event was signed');
}
