/**
 * Devices that are wrong in one way each, and the rule that must find them. Each flaw is a thing that a firmware author could get
 * wrong; state that a flaw needs lives in its closure, so each run makes it anew. `broken-behaviour.ts` has what is above the link.
 */
import {
  cobsDecode,
  type Frame,
  frameFlags,
  type Hello,
  hello,
  helloRequest,
  parseFrame,
} from '@sallyport/device-protocol';
import { brokenAddressed } from './broken-addressed.ts';
import { brokenApps } from './broken-apps.ts';
import { brokenBehaviour } from './broken-behaviour.ts';
import { brokenChannels } from './broken-channels.ts';
import { brokenLives } from './broken-lives.ts';
import type { Flaw } from './virtual-device.ts';

/** `pin`: it has one, and is no demo. */
export type BrokenDevice = {
  readonly name: string;
  readonly rule: string;
  readonly flaw: () => Flaw;
  readonly pin?: true;
};

const nothing = new Uint8Array(0);
const stray = (session: number, sequence: number): Frame => ({
  type: 'unknown_session',
  flags: 0,
  sequence,
  session,
  payload: nothing,
});

/** Reads and changes fields of a frame's bytes. */
const typeOf = (body: Uint8Array): number => body[1] ?? 0;
const sessionOf = (body: Uint8Array): number => new DataView(body.buffer).getUint32(4);
const withSession = (body: Uint8Array, session: number): Uint8Array => {
  new DataView(body.buffer).setUint32(4, session);
  return body;
};
const withByte = (body: Uint8Array, at: number, value: number): Uint8Array => {
  body[at] = value;
  return body;
};
const payloadOf = (body: Uint8Array): Uint8Array => body.slice(8, -4);

/** The device says something else of itself. */
const says = (change: (facts: Hello) => Partial<Hello>): Flaw => ({
  frameOut: (frame) => {
    const facts = frame.type === 'hello' ? hello.decode(frame.payload) : null;
    return facts === null ? [frame] : [{ ...frame, payload: hello.encode({ ...facts, ...change(facts) }) }];
  },
});

const frames: readonly BrokenDevice[] = [
  {
    name: 'takes frames with a wrong CRC',
    rule: 'wrong CRC',
    flaw: () => ({ bodyIn: (body, right) => (right ? body : withByte(body, body.length - 1, 0x100)) }),
  },
  {
    name: 'counts no damage',
    rule: 'wrong CRC',
    flaw: () => ({
      messageOut: (message) =>
        message.type === 'reply' && message.command === 'info'
          ? [{ ...message, body: { ...message.body, damagedFrames: 0 } }]
          : [message],
    }),
  },
  {
    name: 'answers garbage',
    rule: 'after garbage',
    flaw: () => ({
      stuffedIn: (stuffed, { emit }) => {
        if (typeof parseFrame(stuffed) === 'string') emit(stray(0, 0));
        return stuffed;
      },
    }),
  },
  {
    name: 'takes invalid frames apart and answers them',
    rule: 'every invalid frame',
    flaw: () => ({
      stuffedIn: (stuffed, { emit }) => {
        if (cobsDecode(stuffed) === null) emit(stray(1, 1));
        return stuffed;
      },
    }),
  },
  {
    name: 'takes the tail of an oversized frame for a frame',
    rule: 'is skipped up to the next zero',
    flaw: () => ({
      stuffedIn: (stuffed) => {
        for (let at = 0; stuffed.length > 600 && at < stuffed.length; at++) {
          if (typeof parseFrame(stuffed.subarray(at)) !== 'string') return stuffed.slice(at);
        }
        return stuffed;
      },
    }),
  },
  {
    name: 'has a buffer one byte too small',
    rule: 'exactly frameMax',
    flaw: () => ({ bodyIn: (body) => (body.length >= 512 ? null : body) }),
  },
  {
    name: 'takes less than it announces',
    rule: 'exactly frameMax',
    flaw: () => says(() => ({ frameMax: 1024 })),
  },
  {
    name: 'overlooks reserved flags',
    rule: 'unknown versions, types and flags',
    flaw: () => ({ bodyIn: (body) => (typeOf(body) === 3 ? withByte(body, 2, (body[2] ?? 0) & 7) : body) }),
  },
  {
    name: 'overlooks the version of a frame',
    rule: 'unknown versions, types and flags',
    flaw: () => ({ bodyIn: (body) => withByte(body, 0, 1) }),
  },
];

const hellos: readonly BrokenDevice[] = [
  {
    name: 'has a nonce of its own',
    rule: 'hello is as in the table',
    flaw: () => says(() => ({ nonce: new Uint8Array(8) })),
  },
  {
    name: 'has another boot id in each hello',
    rule: 'hello is as in the table',
    flaw: () => {
      let count = 0;
      return says(() => ({ bootId: new Uint8Array(8).fill(++count) }));
    },
  },
  { name: 'announces too small a frame', rule: 'hello is as in the table', flaw: () => says(() => ({ frameMax: 32 })) },
  {
    name: 'announces other messages',
    rule: 'hello is as in the table',
    flaw: () => says(() => ({ messageMax: 2048 })),
  },
  {
    name: 'announces capabilities twice',
    rule: 'hello is as in the table',
    flaw: () => says(() => ({ capabilities: [7, 7] })),
  },
  {
    name: 'starts anew at a repeated hello',
    rule: 'resets nothing',
    flaw: () => ({
      bodyIn: (body, _right, { forget }) => {
        if (typeOf(body) === 1) forget();
        return body;
      },
    }),
  },
  {
    name: 'answers a hello request of session 0',
    rule: 'session 0 is never answered',
    flaw: () => ({
      bodyIn: (body, _right, { emit }) => {
        if (typeOf(body) === 1 && sessionOf(body) === 0) emit(stray(0, 0));
        return body;
      },
    }),
  },
  {
    name: 'answers a hello request that cannot be read',
    rule: 'session 0 is never answered',
    flaw: () => ({
      bodyIn: (body, _right, { emit }) => {
        if (typeOf(body) === 1 && helloRequest.decode(payloadOf(body)) === null) emit(stray(sessionOf(body), 0));
        return body;
      },
    }),
  },
  {
    name: 'refuses a hello request with a later key',
    rule: 'unknown keys of a hello request',
    flaw: () => ({ bodyIn: (body) => (typeOf(body) === 1 && body.length > 28 ? null : body) }),
  },
  {
    name: 'opens a session for a host of other versions',
    rule: 'without a common version',
    flaw: () => ({
      bodyIn: (body) => {
        const asked = typeOf(body) === 1 ? helloRequest.decode(payloadOf(body)) : null;
        if (asked === null || asked.versionMin === 1) return body;
        const payload = helloRequest.encode({ ...asked, versionMin: 1, versionMax: 1 });
        const next = new Uint8Array(12 + payload.length);
        next.set(body.subarray(0, 8));
        next.set(payload, 8);
        return next;
      },
    }),
  },
];

const links: readonly BrokenDevice[] = [
  {
    name: 'acknowledges with the number that came',
    rule: 'carries the number that is expected next',
    flaw: () => ({
      frameOut: (frame) => (frame.type === 'ack' ? [{ ...frame, sequence: (frame.sequence + 255) & 0xff }] : [frame]),
    }),
  },
  {
    name: 'delivers a repeated frame twice',
    rule: 'a frame that comes twice',
    flaw: () => {
      const seen = new Set<string>();
      return {
        bodyIn: (body, _right, { give }) => {
          const key = `${sessionOf(body)} ${body[3]}`;
          if (typeOf(body) === 3 && seen.has(key)) give(payloadOf(body));
          if (typeOf(body) === 3) seen.add(key);
          return body;
        },
      };
    },
  },
  {
    name: 'takes a frame out of its turn',
    rule: 'a frame out of its turn',
    flaw: () => {
      let last = 255;
      return {
        bodyIn: (body, _right, { give }) => {
          if (typeOf(body) === 1) last = 255;
          if (typeOf(body) !== 3) return body;
          const sequence = body[3] ?? 0;
          if (sequence !== ((last + 1) & 0xff)) give(payloadOf(body));
          else last = sequence;
          return body;
        },
      };
    },
  },
  {
    name: 'is silent about a frame out of its turn',
    rule: 'a frame out of its turn',
    flaw: () => {
      let last = '';
      return {
        frameOut: (frame) => {
          const key = `${frame.session} ${frame.sequence}`;
          if (frame.type === 'ack' && (key === last || frame.sequence === 0)) return [];
          if (frame.type === 'ack') last = key;
          return [frame];
        },
      };
    },
  },
  {
    name: 'takes whole messages only',
    rule: 'in several fragments',
    flaw: () => ({ bodyIn: (body) => (typeOf(body) === 3 && ((body[2] ?? 0) & 3) !== 3 ? null : body) }),
  },
  {
    name: 'never sends a frame again',
    rule: 'is sent again after 300 ms',
    flaw: () => {
      const seen = new Set<string>();
      return {
        frameOut: (frame) => {
          const key = `${frame.session} ${frame.sequence}`;
          if (frame.type === 'data' && seen.has(key)) return [];
          if (frame.type === 'data') seen.add(key);
          return [frame];
        },
      };
    },
  },
  {
    name: 'sends every frame twice',
    rule: 'is sent again after 300 ms',
    flaw: () => ({ frameOut: (frame) => (frame.type === 'data' ? [frame, frame] : [frame]) }),
  },
  { name: 'exceeds its window', rule: 'keeps to its own window', flaw: () => says(() => ({ window: 3 })) },
  {
    name: 'forgets the rule of sessions',
    rule: 'a data frame of another session',
    flaw: () => ({
      bodyIn: (body, _right, { session }) => (typeOf(body) === 3 ? withSession(body, session() ?? 0) : body),
    }),
  },
  {
    name: 'answers acknowledgements of another session',
    rule: 'a data frame of another session',
    flaw: () => ({
      bodyIn: (body, _right, { emit, session }) => {
        if (typeOf(body) === 4 && sessionOf(body) !== session()) emit(stray(sessionOf(body), body[3] ?? 0));
        return body;
      },
    }),
  },
  {
    name: 'answers unknown_session with sequence 0',
    rule: 'a data frame of another session',
    flaw: () => ({ frameOut: (frame) => [frame.type === 'unknown_session' ? { ...frame, sequence: 0 } : frame] }),
  },
  {
    name: 'goes on with the session before',
    rule: 'after another hello the session before is unknown',
    flaw: () => {
      const old = new Set<number>();
      return {
        bodyIn: (body, _right, { emit, session }) => {
          const running = session();
          if (typeOf(body) === 1 && running !== null) old.add(running);
          if (typeOf(body) !== 3 || !old.has(sessionOf(body))) return body;
          emit({ ...stray(sessionOf(body), 1), type: 'ack' });
          return null;
        },
      };
    },
  },
  {
    name: 'takes another first fragment for the next one',
    rule: 'another first fragment inside a message',
    flaw: () => {
      let inside = false;
      return {
        bodyIn: (body) => {
          if (typeOf(body) !== 3) return body;
          const flags = body[2] ?? 0;
          const next = inside ? flags & ~frameFlags.first : flags;
          inside = (flags & frameFlags.last) === 0;
          return withByte(body, 2, next);
        },
      };
    },
  },
  {
    name: 'takes a fragment without a first for one',
    rule: 'a fragment without a first',
    flaw: () => {
      let inside = false;
      return {
        bodyIn: (body) => {
          if (typeOf(body) !== 3) return body;
          const flags = (body[2] ?? 0) | (inside ? 0 : frameFlags.first);
          inside = (flags & frameFlags.last) === 0;
          return withByte(body, 2, flags);
        },
      };
    },
  },
  {
    name: 'takes an empty fragment',
    rule: 'an empty fragment',
    flaw: () => ({
      bodyIn: (body) => {
        if (typeOf(body) !== 3 || body.length > 12 || (body[2] ?? 0) === 3) return body;
        const filled = new Uint8Array(13);
        filled.set(body.subarray(0, 8));
        return filled;
      },
    }),
  },
  {
    name: 'takes a sealed message for a plain one',
    rule: 'a sealed message where no channel stands',
    flaw: () => ({ bodyIn: (body) => (typeOf(body) === 3 ? withByte(body, 2, (body[2] ?? 0) & 3) : body) }),
  },
  {
    name: 'takes messages of any size',
    rule: 'longer than messageMax',
    flaw: () => ({ messageMax: 60_000, messageIn: (_message, bytes) => (bytes.length > 4096 ? [] : [bytes]) }),
  },
];

export const brokenDevices: readonly BrokenDevice[] = [
  ...frames,
  ...hellos,
  ...links,
  ...brokenBehaviour,
  ...brokenChannels,
  ...brokenApps,
  ...brokenAddressed,
  ...brokenLives,
];
