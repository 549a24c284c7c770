/** Chapters 4 and 13: the link session, and what ends it where no channel stands. */
import {
  capabilities,
  encodeFrame,
  encodeMessage,
  type Frame,
  frameFlags,
  type Request,
} from '@sallyport/device-protocol';
import { must, type Rule } from '../bench.ts';
import type { Talk } from '../talk.ts';

const nonce = new Uint8Array(8).fill(0x42);
let pings = 0x2000_0000;
const ping = (): Request<'ping'> => {
  pings += 2;
  return { type: 'request', id: pings, command: 'ping', body: { nonce } };
};

const nothing = new Uint8Array(0);

/** Distinct data frames of the device in this session. */
const dataOf = (talk: Talk): readonly Frame[] =>
  talk.frames.filter(({ type, session }) => type === 'data' && session === talk.session());

const acksOf = (talk: Talk, from: number): readonly number[] =>
  talk.frames
    .slice(from)
    .filter(({ type, session }) => type === 'ack' && session === talk.session())
    .map(({ sequence }) => sequence);

export const linkRules: readonly Rule[] = [
  {
    chapter: 4,
    name: 'the acknowledgement of a data frame carries the number that is expected next',
    check: async (talk) => {
      const message = ping();
      const frame = talk.nextFrame(encodeMessage(message));
      const from = talk.frames.length;
      talk.say(message);
      await talk.answerTo(message.id, 'ping');
      const [first] = acksOf(talk, from);
      must(first === ((frame.sequence + 1) & 0xff), `frame ${frame.sequence} was acknowledged by ${first}`);
    },
  },
  {
    chapter: 4,
    name: 'a frame that comes twice is acknowledged twice and delivered once',
    check: async (talk) => {
      const message = ping();
      const wire = encodeFrame(talk.nextFrame(encodeMessage(message)));
      const from = talk.frames.length;
      talk.say(message);
      await talk.answerTo(message.id, 'ping');
      talk.raw(wire);
      await talk.until('the second acknowledgement', () => acksOf(talk, from).length >= 2);
      await talk.saysNothing('a repeated frame', talk.heard.length);
    },
  },
  {
    chapter: 4,
    name: 'a frame out of its turn is thrown away, and the expected number said again',
    check: async (talk) => {
      const frame = talk.nextFrame(encodeMessage(ping()));
      const from = talk.frames.length;
      talk.raw(encodeFrame({ ...frame, sequence: (frame.sequence + 3) & 0xff }));
      await talk.until('an acknowledgement', () => acksOf(talk, from).length > 0);
      must(acksOf(talk, from)[0] === frame.sequence, `expected ${frame.sequence}, said ${acksOf(talk, from)[0]}`);
      await talk.saysNothing('a frame out of its turn', talk.heard.length);
    },
  },
  {
    chapter: 4,
    name: 'a message in several fragments is put together',
    check: async (talk) => {
      const message = ping();
      const bytes = encodeMessage(message);
      talk.owes(message.id);
      const { sequence, session } = talk.nextFrame(nothing);
      must(sequence === 0, 'the suite has sent something before');
      const pieces = [bytes.slice(0, 5), bytes.slice(5, 9), bytes.slice(9)];
      const from = talk.frames.length;
      for (const [i, payload] of pieces.entries()) {
        const flags = (i === 0 ? 1 : 0) | (i === 2 ? 2 : 0);
        talk.raw(encodeFrame({ type: 'data', flags, sequence: i, session, payload }));
        await talk.until(`the acknowledgement of fragment ${i}`, () => acksOf(talk, from).includes(i + 1));
      }
      await talk.answerTo(message.id, 'a ping in three fragments');
      await talk.greet();
    },
  },
  {
    chapter: 4,
    name: 'an unacknowledged frame is sent again after 300 ms, at most five times, and then no more',
    check: async (talk) => {
      talk.acknowledges = false;
      await talk.greet();
      const message = ping();
      talk.owes(message.id);
      talk.raw(encodeFrame(talk.nextFrame(encodeMessage(message))));
      const copies = (): number => dataOf(talk).filter(({ sequence }) => sequence === 0).length;
      await talk.until('a frame', () => copies() === 1);
      const started = talk.bench.now();
      await talk.until('a second copy', () => copies() === 2, 1_500);
      const waited = talk.bench.now() - started;
      must(waited >= 200, `the second copy came after ${waited} ms already`);
      await talk.bench.until(() => copies() > 6, 11_000);
      must(copies() >= 3 && copies() <= 6, `a frame that nobody acknowledges was sent ${copies()} times`);
    },
  },
  {
    chapter: 4,
    name: 'the device keeps to its own window',
    check: async (talk) => {
      const { window } = talk.facts();
      const first = talk.heard.length;
      talk.acknowledges = false;
      await talk.greet();
      const asked = Math.min(31, window + 8);
      for (let i = 0; i < asked; i++) talk.say(ping());
      await talk.until('the device hears the pings', () => acksOf(talk, 0).includes(asked), 6_000);
      const flying = new Set(dataOf(talk).map(({ sequence }) => sequence));
      must(flying.size <= window, `${flying.size} frames were on the wire, and the window is ${window}`);
      must(talk.heard.length === first, 'the suite took a frame that it did not acknowledge');
    },
  },
  {
    chapter: 4,
    name: 'a data frame of another session is answered by unknown_session, an acknowledgement by nothing',
    check: async (talk) => {
      const session = 0x0bad_cafe;
      const payload = encodeMessage(ping());
      talk.raw(encodeFrame({ type: 'ack', flags: 0, sequence: 7, session, payload: nothing }));
      talk.raw(encodeFrame({ type: 'unknown_session', flags: 0, sequence: 8, session, payload: nothing }));
      talk.raw(encodeFrame({ type: 'data', flags: 3, sequence: 9, session, payload }));
      const strays = (): readonly Frame[] => talk.frames.filter((frame) => frame.session === session);
      await talk.until('unknown_session', () => strays().length > 0);
      await talk.saysNothing('a frame of another session', talk.heard.length);
      must(strays().length === 1, `${strays().length} answers, and one was due`);
      const [stray] = strays();
      must(stray?.type === 'unknown_session' && stray.sequence === 9, `answered by ${stray?.type} ${stray?.sequence}`);
    },
  },
  {
    chapter: 4,
    name: 'after another hello the session before is unknown, and the new one starts with sequence 0',
    check: async (talk) => {
      const old = talk.nextFrame(encodeMessage(ping()));
      await talk.greet();
      const from = talk.frames.length;
      talk.raw(encodeFrame(old));
      const stray = (): Frame | undefined => talk.frames.slice(from).find((frame) => frame.session === old.session);
      await talk.until('unknown_session', () => stray() !== undefined);
      must(stray()?.type === 'unknown_session', `a frame of the session before was answered by ${stray()?.type}`);
      const message = ping();
      talk.say(message);
      await talk.answerTo(message.id, 'ping');
      must(dataOf(talk)[0]?.sequence === 0, `the first frame of the device has sequence ${dataOf(talk)[0]?.sequence}`);
    },
  },
  ...(
    [
      ['another first fragment inside a message', [1, 1]],
      ['a fragment without a first', [0]],
      ['an empty fragment of a longer message', [1, 4]],
    ] as const
  ).map(
    ([name, flags]): Rule => ({
      chapter: 4,
      name: `${name} ends the session without a word, and the next hello works`,
      check: async (talk) => {
        const { session } = talk.nextFrame(nothing);
        const from = talk.frames.length;
        const part = new Uint8Array(5).fill(1);
        for (const [sequence, flag] of flags.entries()) {
          const payload = flag === 4 ? nothing : part;
          talk.raw(encodeFrame({ type: 'data', flags: flag & 3, sequence, session, payload }));
        }
        await endsSilently(talk, from, flags.length - 1, flags.length);
      },
    }),
  ),
  {
    chapter: 4,
    name: 'a message longer than messageMax ends the session without a word',
    check: async (talk) => {
      const { frameMax, messageMax } = talk.facts();
      const room = frameMax - 12;
      const { session } = talk.nextFrame(nothing);
      const from = talk.frames.length;
      const count = Math.floor(messageMax / room) + 1;
      for (let sequence = 0; sequence < count; sequence++) {
        const flags = (sequence === 0 ? 1 : 0) | (sequence === count - 1 ? 2 : 0);
        talk.raw(encodeFrame({ type: 'data', flags, sequence, session, payload: new Uint8Array(room).fill(1) }));
      }
      await endsSilently(talk, from, count - 1, count);
    },
  },
  {
    chapter: 13,
    name: 'a sealed message where no channel stands ends the session without a word',
    check: async (talk) => {
      // Without the channel bit 2 is unknown, and such a frame is damage.
      if (!talk.facts().capabilities.includes(capabilities.channel)) return;
      const from = talk.frames.length;
      const flags = frameFlags.first | frameFlags.last | frameFlags.sealed;
      const frame = talk.nextFrame(encodeMessage(ping()), flags);
      talk.raw(encodeFrame(frame));
      // The link takes the frame; it is the channel that cannot.
      const next = (frame.sequence + 1) & 0xff;
      await talk.until('the frame is acknowledged', () => acksOf(talk, from).includes(next));
      await endsSilently(talk, from, frame.sequence + 1, frame.sequence + 1);
    },
  },
];

/** The frames up to `good` are acknowledged, the one that broke the terms is not; then the session is unknown. */
async function endsSilently(talk: Talk, from: number, good: number, next: number): Promise<void> {
  const { session } = talk.nextFrame(nothing);
  const payload = encodeMessage(ping());
  talk.raw(encodeFrame({ type: 'data', flags: 3, sequence: next & 0xff, session, payload }));
  const stray = (): boolean =>
    talk.frames.slice(from).some((frame) => frame.type === 'unknown_session' && frame.session === session);
  await talk.until('the session is unknown', stray);
  const acks = acksOf(talk, from);
  must(!acks.includes((good + 1) & 0xff), 'the frame that broke the terms was acknowledged');
  await talk.greet();
}
