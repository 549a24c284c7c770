/**
 * A relay in memory: the pure loopback relay behind lines with latency, on the virtual clock. It can be down, deaf (it takes
 * everything and says nothing), and hostile: it carries doubled, delayed, altered or invented texts.
 */
import { isGenuine } from '../../host/src/core/nip46/event.ts';
import { startLoopbackCore, step } from '../../host/src/loopback-relay/relay-core.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import type { Clock } from './clock.ts';
import { between, type Chance } from './random.ts';

/** Who is at the end of a line: the host under test, or an app. */
export type Who = 'host' | 'app';

/** What the end of a line hears. Nothing comes any more after `closed`, or after the line was closed by its owner. */
export type LineEnd = {
  readonly opened: () => void;
  readonly text: (text: string) => void;
  readonly pong: () => void;
  readonly closed: (reason: string) => void;
};
export type Line = { readonly send: (text: string) => void; readonly ping: () => void; readonly close: () => void };

/** A text as a hostile relay carries it, this much later than it should. */
export type Carried = { readonly text: string; readonly ms: number };

export type MemoryRelay = {
  readonly url: string;
  readonly connect: (who: Who, end: LineEnd) => Line;
  readonly set: (mode: 'up' | 'down' | 'deaf') => void;
  /** What becomes of each text on its way to somebody; the text itself when the relay is honest. */
  mischief: (text: string, who: Who) => readonly Carried[];
  /** Says to every such end, under each of its subscriptions, that this is an event. Nothing is checked. */
  readonly invent: (who: Who, event: unknown) => void;
  /** Says this text to every such end. */
  readonly say: (who: Who, text: string) => void;
};

type Connection = { readonly who: Who; readonly end: LineEnd; readonly subscriptions: Set<string>; arrivesAt: number };

export function memoryRelay(url: string, clock: Clock, draw: Chance, auth: 'off' | 'required' = 'off'): MemoryRelay {
  const options = { auth, hosts: [new URL(url).host] };
  const lines = new Map<number, Connection>();
  let core = startLoopbackCore({ ...options, isGenuine: (event) => isGenuine(event, primitives) });
  let mode: 'up' | 'down' | 'deaf' = 'up';
  let count = 0;

  function feed(input: Parameters<typeof step>[1]): void {
    const [next, effects] = step(core, input, clock.now());
    core = next;
    for (const effect of effects) {
      const line = lines.get(effect.connection);
      if (line === undefined) continue;
      if (effect.type === 'close') hangUp(effect.connection, effect.why);
      else for (const carried of self.mischief(effect.text, line.who)) carry(line, carried);
    }
  }

  /** A line keeps the order, except of what mischief delays. */
  function carry(line: Connection, { text, ms }: Carried): void {
    const soonest = Math.max(clock.now() + between(draw, 1, 5), line.arrivesAt);
    if (ms === 0) line.arrivesAt = soonest;
    clock.after(soonest + ms - clock.now(), () => {
      if (isUp(line)) line.end.text(text);
    });
  }

  function isUp(line: Connection): boolean {
    return mode === 'up' && [...lines.values()].includes(line);
  }

  function hangUp(id: number, reason: string): void {
    const line = lines.get(id);
    lines.delete(id);
    feed({ type: 'closed', connection: id });
    line?.end.closed(reason);
  }

  function accept(id: number, line: Connection): void {
    if (mode === 'deaf') return;
    if (mode === 'down') return line.end.closed('connect ECONNREFUSED');
    lines.set(id, line);
    line.end.opened();
    feed({ type: 'opened', connection: id, challenge: `challenge ${id}` });
  }

  const self: MemoryRelay = {
    url,
    connect: (who, end) => {
      const id = ++count;
      const line: Connection = { who, end, subscriptions: new Set(), arrivesAt: 0 };
      let closed = false;
      clock.after(between(draw, 1, 5), () => {
        if (!closed) accept(id, line);
      });
      let sendsAt = 0;
      const later = (run: () => void): void => {
        sendsAt = Math.max(clock.now() + between(draw, 1, 5), sendsAt);
        clock.after(sendsAt - clock.now(), () => {
          if (isUp(line)) run();
        });
      };
      return {
        send: (text) =>
          later(() => {
            const subscription = /^\["REQ","([^"]+)"/.exec(text)?.[1];
            if (subscription !== undefined) line.subscriptions.add(subscription);
            feed({ type: 'text', connection: id, text, bytes: Buffer.byteLength(text) });
          }),
        ping: () => later(() => line.end.pong()),
        close: () => {
          closed = true;
          lines.delete(id);
          feed({ type: 'closed', connection: id });
        },
      };
    },
    set: (next) => {
      mode = next;
      if (next === 'down') for (const id of [...lines.keys()]) hangUp(id, 'The relay went away.');
    },
    mischief: (text) => [{ text, ms: 0 }],
    invent: (who, event) => {
      for (const line of [...lines.values()].filter((one) => one.who === who)) {
        for (const subscription of line.subscriptions) {
          carry(line, { text: JSON.stringify(['EVENT', subscription, event]), ms: 0 });
        }
      }
    },
    say: (who, text) => {
      for (const line of lines.values()) if (line.who === who) carry(line, { text, ms: 0 });
    },
  };
  return self;
}
