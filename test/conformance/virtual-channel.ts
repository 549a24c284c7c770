/**
 * The secure channel of the virtual device: it ends here and another one goes on to the firmware behind, so that what is said in it can
 * be changed on the way. That is what somebody in the middle would do, and here the device is asked to be one: the digits that the two
 * ends see differ, and the suite's human confirms them all the same.
 *
 * Each computer of the suite has a computer of its own on the inside, made from its key, so that the firmware tells them apart.
 */
import {
  type Channel,
  complete,
  finish,
  type Handshake,
  initiate,
  type Message,
  open,
  pairingCommitment,
  type Request,
  respond,
  seal,
  startChannel,
} from '@sallyport/device-protocol';
import { nodeDh } from './dh.ts';
import { sameBytes } from './talk.ts';

/** What a broken device does wrong with its channel. */
export type ChannelFlaw =
  | 'keys anew'
  | 'ephemeral key again'
  | 'second handshake'
  | 'low order'
  | 'any finish'
  | 'forgives damage'
  | 'hears plain'
  | 'says plain'
  | 'plain commitment'
  | 'another random';

export type Seen = { readonly message: Uint8Array } | 'nothing' | 'broken';

export type ChannelWorld = {
  readonly random: (length: number) => Uint8Array;
  /** Says to the suite, sealed when the outer channel stands. */
  readonly say: (message: Message) => void;
  /** Asks the firmware; its answer comes to `answered`. */
  readonly ask: (request: Request) => void;
  readonly flaw: ChannelFlaw | undefined;
};

/** Ids of what is asked of the firmware besides what the suite asks. */
const firstId = 0xf000_0000;

export function virtualChannel({ random, say, ask, flaw }: ChannelWorld) {
  const staticSecret = random(32);
  const oneEphemeral = random(32);
  let outer: { prologue: Uint8Array; handshake: Handshake | null; channel: Channel | null; hash: Uint8Array };
  let inner: { prologue: Uint8Array; channel: Channel | null };
  let nextId = firstId;
  let awaited = new Map<number, (message: Message) => void>();
  let deviceRandom = new Uint8Array(32);
  const computers: { readonly outside: Uint8Array; readonly inside: Uint8Array }[] = [];
  const outsideOf = (key: Uint8Array): Uint8Array =>
    computers.find(({ inside }) => sameBytes(inside, key))?.outside ?? key;
  const insideOf = (key: Uint8Array): Uint8Array =>
    computers.find(({ outside }) => sameBytes(outside, key))?.inside ?? key;

  function reset(): void {
    outer = { prologue: new Uint8Array(0), handshake: null, channel: null, hash: new Uint8Array(32) };
    inner = { prologue: new Uint8Array(0), channel: null };
    awaited = new Map();
  }
  reset();

  function askInside(request: (id: number) => Request, then: (answer: Message) => void): void {
    awaited.set(nextId, then);
    ask(request(nextId));
    nextId += 2;
  }

  function takeHandshake({ id, command, body }: Request<'handshake'>): void {
    const refuse = (): void => say({ type: 'error', id, command, error: 'invalid_params' });
    if (outer.channel !== null && flaw === 'second handshake')
      return say({ type: 'reply', id, command, body: { message: random(96) } });
    if (outer.handshake !== null || outer.channel !== null) return refuse();
    const ephemeralSecret = flaw === 'ephemeral key again' ? oneEphemeral : random(32);
    const secret = flaw === 'keys anew' ? random(32) : staticSecret;
    const start = { dh: nodeDh, prologue: outer.prologue, staticSecret: secret, ephemeralSecret };
    const responded = respond(start, body.message);
    if (responded === null && flaw === 'low order')
      return say({ type: 'reply', id, command, body: { message: random(96) } });
    if (responded === null) return refuse();
    outer.handshake = responded.handshake;
    // What the firmware says to its new session comes before this: the order in which one device would say it.
    const nonce = new Uint8Array(8);
    askInside(
      (inside) => ({ type: 'request', id: inside, command: 'ping', body: { nonce } }),
      () => say({ type: 'reply', id, command, body: { message: responded.message } }),
    );
  }

  /** False: the session is over. */
  function takeFinish({ id, command, body }: Request<'handshake_finish'>): boolean {
    const { handshake } = outer;
    if (handshake === null) {
      say({ type: 'error', id, command, error: 'invalid_params' });
      return true;
    }
    const completed = complete(handshake, body.message);
    if (completed === null && flaw === 'any finish') {
      say({ type: 'error', id, command, error: 'invalid_params' });
      return true;
    }
    if (completed === null) return false;
    const { end } = completed;
    const staticInside = end.peer.map((byte) => byte ^ 0x55);
    computers.push({ outside: end.peer, inside: nodeDh.publicKey(staticInside) });
    const [first, message] = initiate({
      dh: nodeDh,
      prologue: inner.prologue,
      staticSecret: staticInside,
      ephemeralSecret: random(32),
    });
    const shaken = (answer: Message): void => {
      if (answer.type !== 'reply' || answer.command !== 'handshake_finish') throw new Error('no channel inside');
      if (flaw !== 'says plain') outer.channel = startChannel(end);
      outer.hash = end.hash;
      say({ type: 'reply', id, command, body: answer.body });
    };
    askInside(
      (inside) => ({ type: 'request', id: inside, command: 'handshake', body: { message } }),
      (second) => {
        if (second.type !== 'reply' || second.command !== 'handshake') throw new Error('no handshake inside');
        const last = finish(first, second.body.message);
        if (last === null) throw new Error('the handshake inside does not verify');
        askInside(
          (inside) => ({ type: 'request', id: inside, command: 'handshake_finish', body: { message: last.message } }),
          shaken,
        );
        inner.channel = startChannel(last.end);
      },
    );
    return true;
  }

  return {
    reset,
    outerPrologue: (prologue: Uint8Array) => {
      outer.prologue = Uint8Array.from(prologue);
    },
    innerPrologue: (prologue: Uint8Array) => {
      inner.prologue = Uint8Array.from(prologue);
    },
    /** What the suite sent, opened. */
    openOuter: (bytes: Uint8Array, sealed: boolean): Seen => {
      const { channel } = outer;
      if (channel === null) return sealed ? 'broken' : { message: bytes };
      if (!sealed) return flaw === 'hears plain' ? { message: bytes } : 'broken';
      const opened = open(channel, bytes);
      if (opened === null) return flaw === 'forgives damage' ? 'nothing' : 'broken';
      outer.channel = opened[0];
      return { message: opened[1] };
    },
    sealOuter: (bytes: Uint8Array): { readonly bytes: Uint8Array; readonly sealed: boolean } => {
      const sealed = outer.channel === null ? null : seal(outer.channel, bytes);
      if (sealed === null) return { bytes, sealed: false };
      outer.channel = sealed[0];
      return { bytes: sealed[1], sealed: true };
    },
    openInner: (bytes: Uint8Array, sealed: boolean): Uint8Array => {
      if (!sealed || inner.channel === null) return bytes;
      const opened = open(inner.channel, bytes);
      if (opened === null) throw new Error('what the firmware sealed does not open');
      inner.channel = opened[0];
      return opened[1];
    },
    sealInner: (bytes: Uint8Array): { readonly bytes: Uint8Array; readonly sealed: boolean } => {
      const sealed = inner.channel === null ? null : seal(inner.channel, bytes);
      if (sealed === null) return { bytes, sealed: false };
      inner.channel = sealed[0];
      return { bytes: sealed[1], sealed: true };
    },
    /** Requests of the handshake are dealt with here: true; null: the session is over. */
    takes: (message: Message): boolean | null => {
      if (message.type !== 'request') return false;
      if (message.command === 'handshake') takeHandshake(message);
      else if (message.command !== 'handshake_finish') return false;
      else if (!takeFinish(message)) return null;
      return true;
    },
    /** An answer to what was asked in here. */
    answered: (message: Message): boolean => {
      if (message.type !== 'reply' && message.type !== 'error') return false;
      const then = awaited.get(message.id);
      awaited.delete(message.id);
      then?.(message);
      return then !== undefined || message.id >= firstId;
    },
    /** A computer is called on the inside by its key there. */
    renamed: (message: Message): Message =>
      message.type === 'request' && message.command === 'revoke_host'
        ? { ...message, body: { key: insideOf(message.body.key) } }
        : message,
    /** The pairing has its own random and commitment on the outside, and computers have the keys that they showed there. */
    changed: (message: Message): Message => {
      if (message.type !== 'reply') return message;
      if (message.command === 'hosts') {
        return { ...message, body: { hosts: message.body.hosts.map((one) => ({ ...one, key: outsideOf(one.key) })) } };
      }
      if (message.command === 'pair') {
        deviceRandom = Uint8Array.from(random(32));
        const hash = flaw === 'plain commitment' ? new Uint8Array(32) : outer.hash;
        const commitment = pairingCommitment(hash, deviceRandom);
        return { ...message, body: { commitment } };
      }
      if (message.command !== 'pair_reveal') return message;
      return { ...message, body: { random: flaw === 'another random' ? random(32) : deviceRandom } };
    },
  };
}
