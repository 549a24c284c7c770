/**
 * The suite's end of the wire: an honest host with a window of 1 that a rule can make dishonest. It keeps everything that the device
 * said, and watches what holds in every rule: what comes can be read, and every request is answered once.
 */
import {
  type Command,
  type CommandBy,
  decodeCbor,
  decodeMessage,
  type ErrorMessage,
  encodeFrame,
  encodeMessage,
  type Frame,
  frameDecoder,
  frameFlags,
  type Hello,
  hello as helloPayload,
  helloRequest,
  type Message,
  prologueOf,
  type Reply,
  type Request,
  type RequestOf,
} from '@sallyport/device-protocol';
import { type Bench, Broken, must } from './bench.ts';
import { type Sealing, sealing } from './seal.ts';

/** An error under a code that the tables do not have, as numbers. */
export type StrangeError = { readonly id: number; readonly code: number; readonly error: number };

export type Talk = {
  readonly bench: Bench;
  /** What the device said of itself in the newest hello. */
  readonly facts: () => Hello;
  readonly session: () => number;
  /** Every frame of the device, oldest first. */
  readonly frames: readonly Frame[];
  /** Every message of the device, oldest first. */
  readonly heard: readonly Message[];
  /** Starts a new link session. */
  readonly greet: () => Promise<Hello>;
  /** The channel of this session; a rule takes the steps of its handshake, or `computer` does. */
  readonly sealing: Sealing;
  /** Errors for codes that are in no table. */
  readonly strangeErrors: readonly StrangeError[];
  /** One more answer with this id may come: it was asked in raw bytes. */
  readonly owes: (id: number) => void;
  readonly raw: (bytes: Uint8Array) => void;
  readonly encoded: (frame: Frame) => Uint8Array;
  readonly bytesOf: (message: Message) => Uint8Array;
  /** The next data frame of the session, not sent yet. */
  readonly nextFrame: (payload: Uint8Array, flags?: number) => Frame;
  /** Sends a message; `owes`: the id that an answer to raw bytes would carry. */
  readonly say: (message: Message | Uint8Array, owes?: number) => void;
  /** Sends a request of the host and waits for its answer. */
  readonly ask: <C extends CommandBy<'host'>>(command: C, body: RequestOf<C>) => Promise<Reply | ErrorMessage>;
  /** Sends a request and does not wait; gives its id. */
  readonly start: <C extends CommandBy<'host'>>(command: C, body: RequestOf<C>) => number;
  readonly answerTo: (id: number, words: string, ms?: number) => Promise<Reply | ErrorMessage>;
  readonly cancel: (id: number, command: Command) => void;
  readonly until: (words: string, holds: () => boolean, ms?: number) => Promise<void>;
  /** Asks ping: what was sent before it has been dealt with, and nothing of `allowed` types else was said. */
  readonly saysNothing: (words: string, since: number) => Promise<void>;
  /** How the host answers what the device pulls and pushes; null: not at all. */
  serve: (request: Request) => Message | null;
  /** Whether data frames of the device are acknowledged. */
  acknowledges: boolean;
  /** Cancels what is open, forgets what was seen. */
  readonly reset: () => Promise<void>;
};

const answerMs = 3_000;
const retryMs = 350;
const helloMs = 1_500;

export function talkTo(bench: Bench): Talk {
  const decoder = frameDecoder();
  const frames: Frame[] = [];
  const heard: Message[] = [];
  const strangeErrors: StrangeError[] = [];
  /** Answers that may come, by id; and what each id asked. */
  const owed = new Map<number, number>();
  const commands = new Map<number, Command>();
  let broken: string | null = null;
  let facts: Hello | null = null;
  let session = 0;
  let queue: Frame[] = [];
  let sequence = 0;
  let expected = 0;
  let parts: Uint8Array[] = [];
  const channel = sealing();
  let counter = Math.floor(bench.now()) % 100_000;
  let nextId = (Math.floor(bench.now() * 7) % 0x4000_0000) * 2;

  const send = (frame: Frame): void => bench.write(encodeFrame(frame));
  const acknowledge = (): void =>
    send({ type: 'ack', flags: 0, sequence: expected, session, payload: new Uint8Array(0) });

  bench.listen((bytes) => {
    for (const frame of decoder.push(bytes)) {
      frames.push(frame);
      if (frame.session !== session) continue;
      if (frame.type === 'ack') takeAck(frame);
      else if (frame.type === 'data') takeData(frame);
    }
  });

  function takeAck(frame: Frame): void {
    const first = queue[0];
    if (first === undefined || frame.sequence !== ((first.sequence + 1) & 0xff)) return;
    queue = queue.slice(1);
    if (queue[0] !== undefined) send(queue[0]);
  }

  function takeData(frame: Frame): void {
    if (!self.acknowledges) return;
    if (frame.sequence !== expected) return acknowledge();
    expected = (expected + 1) & 0xff;
    acknowledge();
    if ((frame.flags & frameFlags.first) !== 0) parts = [];
    parts.push(frame.payload);
    const sealed = (frame.flags & frameFlags.sealed) !== 0;
    if (sealed !== channel.stands()) broken ??= sealed ? 'sealed before the channel stands' : 'not sealed';
    if ((frame.flags & frameFlags.last) === 0) return;
    const bytes = sealed ? channel.open(joined(parts)) : joined(parts);
    if (bytes === null) broken ??= 'what the device sealed does not open';
    else takeMessage(bytes);
  }

  function takeMessage(bytes: Uint8Array): void {
    const message = decodeMessage(bytes);
    if (message.type === 'unreadable') {
      const strange = strangeError(bytes);
      if (strange !== null) {
        strangeErrors.push(strange);
        return takeAnswer(strange.id, `code ${strange.code}`);
      }
      if (!message.ignorable) broken ??= `the device said what cannot be read: ${message.detail}`;
      return;
    }
    heard.push(message);
    if (message.type === 'request') {
      if (message.id % 2 === 0) broken ??= `a request of the device has the even id ${message.id}`;
      const answer = served(message);
      if (answer !== null) self.say(answer);
    } else if (message.type === 'reply' || message.type === 'error') {
      takeAnswer(message.id, message.command);
      const command = commands.get(message.id);
      if (command !== undefined && command !== message.command)
        broken ??= `${command} was answered as ${message.command}`;
    }
  }

  function takeAnswer(id: number, words: string): void {
    const left = (owed.get(id) ?? 0) - 1;
    owed.set(id, left);
    if (left < 0) broken ??= `an answer too many, to ${words} ${id}`;
  }

  /** What a rule finds wrong with a pull or push is kept for the next wait: here is the inside of the wire. */
  function served(request: Request): Message | null {
    try {
      return self.serve(request);
    } catch (problem) {
      if (!(problem instanceof Broken)) throw problem;
      broken ??= problem.message;
      return null;
    }
  }

  const answerIn = (id: number): Reply | ErrorMessage | undefined =>
    heard.find((one): one is Reply | ErrorMessage => (one.type === 'reply' || one.type === 'error') && one.id === id);

  const self: Talk = {
    bench,
    frames,
    heard,
    strangeErrors,
    owes: (id) => void owed.set(id, (owed.get(id) ?? 0) + 1),
    serve: () => null,
    acknowledges: true,
    session: () => session,
    sealing: channel,
    facts: () => {
      if (facts === null) throw new Error('nobody greeted yet');
      return facts;
    },
    raw: bench.write,
    encoded: encodeFrame,
    bytesOf: encodeMessage,
    nextFrame: (payload, flags = frameFlags.first | frameFlags.last) => ({
      type: 'data',
      flags: flags | (channel.stands() ? frameFlags.sealed : 0),
      sequence,
      session,
      payload,
    }),
    greet: async () => {
      for (let tries = 0; tries < 3; tries++) {
        const asked = newHelloRequest(++counter);
        const from = frames.length;
        channel.begin(new Uint8Array(0));
        [session, queue, sequence, expected, parts] = [asked.session, [], 0, 0, []];
        send(asked);
        await bench.until(() => helloIn(frames, from, asked) !== null, helloMs);
        const found = helloIn(frames, from, asked);
        if (found === null) continue;
        facts = found.body;
        channel.begin(prologueOf(asked.payload, found.payload));
        return facts;
      }
      throw new Broken('no hello came, three times');
    },
    say: (message, owes) => {
      const plain = message instanceof Uint8Array ? message : encodeMessage(message);
      const bytes = channel.stands() ? channel.seal(plain) : plain;
      const id = message instanceof Uint8Array ? owes : message.type === 'request' ? message.id : undefined;
      if (id !== undefined) self.owes(id);
      if (!(message instanceof Uint8Array) && message.type === 'request') {
        commands.set(message.id, message.command);
        if (message.command === 'get_result') {
          self.owes(message.body.request);
        }
      }
      const room = self.facts().frameMax - 12;
      const idle = queue.length === 0;
      for (let at = 0; at === 0 || at < bytes.length; at += room) {
        const flags = (at === 0 ? frameFlags.first : 0) | (at + room >= bytes.length ? frameFlags.last : 0);
        queue.push(self.nextFrame(bytes.slice(at, at + room), flags));
        sequence = (sequence + 1) & 0xff;
      }
      if (idle && queue[0] !== undefined) send(queue[0]);
    },
    start: (command, body) => {
      nextId = (nextId + 2) % 0xffff_fffe;
      self.say({ type: 'request', id: nextId, command, body } as Request);
      return nextId;
    },
    ask: async (command, body) => self.answerTo(self.start(command, body), command),
    answerTo: async (id, words, ms = answerMs) => {
      await self.until(`the answer to ${words}`, () => answerIn(id) !== undefined, ms);
      const found = answerIn(id);
      must(found !== undefined, `no answer to ${words}`);
      return found;
    },
    cancel: (id, command) => self.say({ type: 'cancel', id, command }),
    until: async (words, holds, ms = answerMs) => {
      const end = bench.now() + ms;
      while (!holds() && broken === null && bench.now() < end) {
        const came = await bench.until(() => holds() || broken !== null, Math.min(retryMs, end - bench.now()));
        if (!came && queue[0] !== undefined) send(queue[0]);
      }
      if (broken !== null) throw new Broken(broken);
      must(holds(), `${words}: not within ${ms} ms`);
    },
    saysNothing: async (words, since) => {
      const pong = self.start('ping', { nonce: new Uint8Array(8) });
      await self.answerTo(pong, `ping after ${words}`);
      const said = heard.slice(since).filter((one) => one.type !== 'notice' && one.id !== pong);
      must(said.length === 0, `${words}: expected silence, got ${said.map(nameOf).join(', ')}`);
    },
    reset: async () => {
      broken = null;
      self.acknowledges = true;
      self.serve = () => null;
      const open = [...owed].filter(([, left]) => left > 0).map(([id]) => id);
      await self.greet();
      for (const id of open) self.cancel(id, commands.get(id) ?? 'sign_event');
      if (open.length > 0) await self.ask('ping', { nonce: new Uint8Array(8) });
      owed.clear();
      commands.clear();
      heard.length = 0;
      frames.length = 0;
      broken = null;
    },
  };
  return self;
}

/** A hello request that differs from the one before in session and nonce. */
export function newHelloRequest(counter: number, versionMin = 1, versionMax = 1): Frame {
  const nonce = new Uint8Array(8);
  new DataView(nonce.buffer).setUint32(2, counter);
  nonce[7] = 0xa5;
  const payload = helloRequest.encode({ versionMin, versionMax, nonce });
  return { type: 'hello_request', flags: 0, sequence: 0, session: 0x5a11_0000 + (counter % 0xffff), payload };
}

/** The hello that answers this request, if it came, and its bytes. */
export function helloIn(
  frames: readonly Frame[],
  from: number,
  request: Frame,
): { readonly body: Hello; readonly payload: Uint8Array } | null {
  for (const frame of frames.slice(from)) {
    if (frame.type !== 'hello' || frame.session !== request.session) continue;
    const body = helloPayload.decode(frame.payload);
    const asked = helloRequest.decode(request.payload);
    must(body !== null, 'a hello that is not as in the table of chapter 3');
    if (asked !== null && sameBytes(body.nonce, asked.nonce)) return { body, payload: frame.payload };
  }
  return null;
}

/** Reads an error whose code the tables do not have. */
function strangeError(bytes: Uint8Array): StrangeError | null {
  const decoded = decodeCbor(bytes);
  if ('wrong' in decoded || !(decoded.value instanceof Map)) return null;
  const [type, id, code, body] = [0, 1, 2, 3].map((key): unknown => (decoded.value as Map<number, unknown>).get(key));
  const error: unknown = body instanceof Map ? body.get(0) : undefined;
  if (type !== 2 || typeof id !== 'number' || typeof code !== 'number' || typeof error !== 'number') return null;
  return { id, code, error };
}

/** What a message is, in two words. */
export function nameOf(message: Message): string {
  if (message.type === 'notice') return `notice ${message.notice}`;
  return message.type === 'error' ? `error ${message.error}` : `${message.type} ${message.command}`;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
