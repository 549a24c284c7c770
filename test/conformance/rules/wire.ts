/** Chapters 2 and 3: frames and hello. */
import {
  type Cbor,
  cobsEncode,
  crc32,
  encodeCbor,
  encodeFrame,
  type Frame,
  frameTypes,
  hello,
} from '@sallyport/device-protocol';
import { must, type Rule } from '../bench.ts';
import { helloIn, newHelloRequest, type Talk } from '../talk.ts';
import { bytesOf, frameVectors, helloVectors } from '../vectors.ts';

let asked = 40_000;
const request = (): Frame => newHelloRequest(++asked);

/** Sends bytes that deserve no answer, then a good hello request: its hello is all that may come. */
async function onlyTheHello(talk: Talk, what: string, bytes: readonly Uint8Array[]): Promise<void> {
  const from = talk.frames.length;
  for (const piece of bytes) talk.raw(piece);
  const good = request();
  talk.raw(encodeFrame(good));
  await talk.until(`a hello after ${what}`, () => helloIn(talk.frames, from, good) !== null);
  const other = talk.frames.slice(from).filter((frame) => frame.type !== 'data' && frame.session !== good.session);
  must(other.length === 0, `${what} was answered by ${other[0]?.type}`);
}

/** A ping, made longer by a key of the envelope that nobody knows and everybody ignores. */
function pingBytes(id: number, padding = 0): Uint8Array {
  const body = new Map<number, Cbor>([[0, new Uint8Array(8)]]);
  const envelope = new Map<number, Cbor>([
    [0, 0],
    [1, id],
    [2, 6],
    [3, body],
  ]);
  return encodeCbor(padding === 0 ? envelope : envelope.set(9, new Uint8Array(padding)));
}

/** The frame on the wire with its header changed, its CRC right or (`crcFlip`) wrong. */
function spoiled(frame: Frame, spoil: (body: Uint8Array) => void, crcFlip = 0): Uint8Array {
  const body = new Uint8Array(frame.payload.length + 12);
  const view = new DataView(body.buffer);
  body.set([1, frameTypes[frame.type], frame.flags, frame.sequence]);
  view.setUint32(4, frame.session);
  body.set(frame.payload, 8);
  spoil(body);
  view.setUint32(body.length - 4, (crc32(body, body.length - 4) ^ crcFlip) >>> 0);
  return Uint8Array.of(0, ...cobsEncode(body), 0);
}

export const wireRules: readonly Rule[] = [
  {
    chapter: 2,
    name: 'a frame with a wrong CRC is counted and never answered',
    check: async (talk) => {
      const before = await talk.ask('info', {});
      await onlyTheHello(talk, 'a hello request with a wrong CRC', [spoiled(request(), () => undefined, 1)]);
      await talk.greet();
      const after = await talk.ask('info', {});
      must(before.type === 'reply' && before.command === 'info', 'info was refused');
      must(after.type === 'reply' && after.command === 'info', 'info was refused');
      const more = after.body.damagedFrames - before.body.damagedFrames;
      must(more === 1, `info counts ${more} damaged frames more, and there was 1`);
    },
  },
  {
    chapter: 2,
    name: 'every invalid frame of vectors/frames.json is never answered',
    check: async (talk) => {
      const wires = frameVectors().frames.invalid.map(({ wire }) => bytesOf(wire));
      await onlyTheHello(talk, 'an invalid frame', [...wires, new Uint8Array(1)]);
    },
  },
  {
    chapter: 2,
    name: 'after garbage, boot noise and repeated delimiters the next hello works',
    check: async (talk) => {
      const noise = new Uint8Array(3_000).map((_, i) => (i * 7919 + (i >> 3)) & 0xff);
      const text = Uint8Array.from(Buffer.from('rst:0x1 (POWERON_RESET),boot:0x13\r\n'));
      await onlyTheHello(talk, 'garbage', [noise, text, new Uint8Array(20)]);
    },
  },
  {
    chapter: 2,
    name: 'what is longer than frameMax is skipped up to the next zero: its tail is no frame',
    check: async (talk) => {
      const tail = encodeFrame(request()).slice(1);
      const long = new Uint8Array(2 * talk.facts().frameMax + tail.length).fill(0x41);
      long.set(tail, long.length - tail.length);
      await onlyTheHello(talk, 'the tail of an oversized frame', [new Uint8Array(1), long]);
    },
  },
  {
    chapter: 2,
    name: 'a frame of exactly frameMax bytes is taken, one byte at a time',
    check: async (talk) => {
      const room = talk.facts().frameMax - 12;
      const id = 0x0100_0000 + asked * 2;
      // Key and head of the padding are 3 or 4 bytes, as its length has one byte or two.
      const least = pingBytes(id).length + 3;
      const payload = pingBytes(id, room - least > 255 ? room - least - 1 : room - least);
      must(payload.length === room, `the suite made a payload of ${payload.length} for ${room}`);
      const from = talk.frames.length;
      talk.owes(id);
      for (const byte of encodeFrame(talk.nextFrame(payload))) talk.raw(Uint8Array.of(byte));
      await talk.until('an acknowledgement', () => talk.frames.slice(from).some(({ type }) => type === 'ack'));
      await talk.greet();
    },
  },
  {
    chapter: 2,
    name: 'unknown versions, types and flags are never answered',
    check: async (talk) => {
      const from = talk.frames.length;
      const good = talk.nextFrame(pingBytes(4));
      const headers = [
        [0, 2],
        [1, 9],
        [2, 0x80 | 3],
      ] as const;
      for (const [at, value] of headers) talk.raw(spoiled(good, (body) => body.fill(value, at, at + 1)));
      await talk.saysNothing('a frame of another version, type or flag', talk.heard.length);
      const acks = talk.frames.slice(from).filter(({ type }) => type === 'ack');
      must(acks.length === 1, `${acks.length} acknowledgements for the one frame that deserved one`);
    },
  },
  {
    chapter: 3,
    name: 'hello is as in the table, keeps to its ranges and gives the nonce back',
    check: async (talk) => {
      const facts = await talk.greet();
      must(facts.versionMin <= facts.versionMax, 'versionMin is above versionMax');
      must(facts.frameMax >= 64, `frameMax is ${facts.frameMax}, and 64 is the least`);
      must(facts.messageMax === 4096, `messageMax is ${facts.messageMax}, and version 1 has 4096`);
      must(facts.window >= 1 && facts.requestsMax >= 1, 'window and requestsMax are at least 1');
      const { capabilities } = facts;
      must(new Set(capabilities).size === capabilities.length, 'a capability is announced twice');
      const again = await talk.greet();
      must(hex(again.bootId) === hex(facts.bootId), 'the boot id changed without a boot');
    },
  },
  {
    chapter: 3,
    name: 'a repeated hello of the running session is answered and resets nothing',
    check: async (talk) => {
      const good = request();
      talk.raw(encodeFrame(good));
      await talk.until('hello', () => helloIn(talk.frames, 0, good) !== null);
      const ping = (sequence: number): Uint8Array =>
        encodeFrame({ type: 'data', flags: 3, sequence, session: good.session, payload: pingBytes(6) });
      const acks = (): number[] =>
        talk.frames
          .filter(({ type, session }) => type === 'ack' && session === good.session)
          .map(({ sequence }) => sequence);
      talk.raw(ping(0));
      await talk.until('an acknowledgement', () => acks().includes(1));
      const from = talk.frames.length;
      talk.raw(encodeFrame(good));
      await talk.until('another hello', () => helloIn(talk.frames, from, good) !== null);
      talk.raw(ping(1));
      await talk.until('the acknowledgement of sequence 1 after the repeated hello', () => acks().includes(2));
      await talk.greet();
    },
  },
  {
    chapter: 3,
    name: 'a hello request of session 0 is never answered, nor is any invalid one of vectors/hello.json',
    check: async (talk) => {
      const frame = (payload: Uint8Array, session: number): Uint8Array =>
        encodeFrame({ type: 'hello_request', flags: 0, sequence: 0, session, payload });
      const invalid = helloVectors().hello_request.invalid.map(({ hex: bytes }, i) => frame(bytesOf(bytes), 77 + i));
      await onlyTheHello(talk, 'session 0', [frame(request().payload, 0)]);
      await onlyTheHello(talk, 'an invalid hello request', invalid);
    },
  },
  {
    chapter: 3,
    name: 'unknown keys of a hello request are ignored',
    check: async (talk) => {
      const later = helloVectors().hello_request.valid.find(({ name }) => name.includes('allowed'));
      must(later !== undefined, 'the vectors have no such row');
      const session = 0x7000_0001;
      talk.raw(encodeFrame({ type: 'hello_request', flags: 0, sequence: 0, session, payload: bytesOf(later.hex) }));
      const answers = () => talk.frames.filter((frame) => frame.type === 'hello' && frame.session === session);
      await talk.until('hello', () => answers().length > 0);
      must(hello.decode(answers()[0]?.payload ?? new Uint8Array(0)) !== null, 'the hello cannot be read');
    },
  },
  {
    chapter: 3,
    name: 'a hello request without a common version is answered and changes nothing',
    check: async (talk) => {
      const strange = newHelloRequest(++asked, 200, 201);
      talk.raw(encodeFrame(strange));
      await talk.until('hello', () => helloIn(talk.frames, 0, strange) !== null);
      await talk.saysNothing('the running session goes on', talk.heard.length);
    },
  },
];

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
