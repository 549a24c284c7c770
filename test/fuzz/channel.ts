/**
 * The secure channel at the device's end: a handshake, and sealed messages after it. An input says where one of them is damaged: in the
 * handshake, in what was sealed (which must not open), or in the message before it was sealed (which opens, and is read).
 */
import {
  type Channel,
  complete,
  decodeCbor,
  decodeMessage,
  encodeCbor,
  finish,
  initiate,
  open,
  respond,
  seal,
  startChannel,
  x25519,
} from '@sallyport/device-protocol';
import messages from '../../device-protocol/vectors/messages.json' with { type: 'json' };
import { must } from '../soak/stage.ts';
import { mutatedBytes } from '../support/mutations.ts';
import { between, type Chance, pick } from '../support/random.ts';
import { mutatedCbor } from './cbor-tree.ts';
import { bytesOf, hexOf } from './device-harness.ts';
import type { Target } from './target.ts';

type Said = {
  /** The message, in hex. */
  readonly plain: string;
  /** What comes in place of its sealed bytes; null: they come as they are. */
  readonly sealed: string | null;
};
export type ChannelInput = {
  /** What comes in place of the handshake's messages; null: they come as they are. */
  readonly first: string | null;
  readonly third: string | null;
  readonly said: readonly Said[];
};

const secret = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const prologue = secret(9);
const device = { dh: x25519, prologue, staticSecret: secret(2), ephemeralSecret: secret(4) };
const [handshake, first] = initiate({ dh: x25519, prologue, staticSecret: secret(1), ephemeralSecret: secret(3) });
const responded = known(respond(device, first));
const finished = known(finish(handshake, responded.message));
const completed = known(complete(responded.handshake, finished.message));

export const channel: Target<ChannelInput> = {
  name: 'channel',
  parsers: ['noise', 'channel', 'x25519'],
  seeds: () => messages.valid.slice(0, 60).map(({ hex }) => inputOf(hex)),
  mutate: (draw, input) => {
    const what = draw();
    if (what < 0.02) return { ...input, first: hexOf(mutatedBytes(draw, first)) };
    if (what < 0.08) return { ...input, third: hexOf(mutatedBytes(draw, finished.message)) };
    const at = between(draw, 0, input.said.length - 1);
    const said = input.said.flatMap((one, i) => {
      if (i !== at) return [one];
      if (what < 0.75) return [{ ...one, plain: hexOf(mutatedMessage(draw, bytesOf(one.plain))) }];
      // The tag is its last sixteen bytes; an earlier message, or a later one, is whole and in the wrong place.
      if (what < 0.9) return [{ ...one, sealed: hexOf(mutatedBytes(draw, sealedBytes(input, i))) }];
      return what < 0.95 ? [] : [{ ...one, sealed: hexOf(sealedBytes(input, pick(draw, [0, i]))) }, one];
    });
    return { ...input, said: said.slice(0, saidMax) };
  },
  run: (input) => {
    const end = shaken(input);
    if (end === null) return { past: false, trait: `no handshake ${input.first?.length ?? input.third?.length}` };
    let host: Channel = startChannel(finished.end);
    let here: Channel = startChannel(end);
    const traits: string[] = [];
    for (const { plain, sealed } of input.said) {
      const before = host;
      const honest = known(seal(before, bytesOf(plain)));
      host = honest[0];
      const bytes = sealed === null ? honest[1] : bytesOf(sealed);
      const opened = open(here, bytes);
      if (opened === null) {
        must(hexOf(bytes) !== hexOf(honest[1]), 'an honest message does not open');
        return { past: traits.length > 0, trait: `${traits.join(' ')} over ${Math.min(bytes.length >> 3, 9)}` };
      }
      // What opens is what the host seals under this number, and nothing else.
      must(hexOf(known(seal(before, opened[1]))[1]) === hexOf(bytes), 'what nobody sealed opens');
      must(sealed !== null || hexOf(opened[1]) === plain, 'another message came out');
      here = opened[0];
      traits.push(traitOf(opened[1]));
    }
    return { past: true, trait: traits.join(' ') };
  },
};

const saidMax = 4;

const inputOf = (hex: string): ChannelInput => ({
  first: null,
  third: null,
  said: [
    { plain: hex, sealed: null },
    { plain: 'a400000106020103a0', sealed: null },
  ],
});

/** The channel of the handshake as it came; only the honest one stands. */
function shaken({ first: one, third }: ChannelInput) {
  if (one === null && third === null) return completed.end;
  const answer = one === null ? responded : respond(device, bytesOf(one));
  if (answer === null) return null;
  const message = third === null ? finished.message : bytesOf(third);
  const end = complete(answer.handshake, message);
  const honest =
    (one === null ||
      bytesOf(one)
        .slice(0, 32)
        .every((byte, i) => byte === first[i])) &&
    one?.length === hexOf(first).length;
  const whole = third === null || third === hexOf(finished.message);
  must(end === null || ((one === null || honest) && whole), 'a handshake that is none stands');
  return end === null ? null : end.end;
}

function sealedBytes({ said }: ChannelInput, at: number): Uint8Array {
  let host: Channel = startChannel(finished.end);
  let bytes = new Uint8Array(0);
  for (const { plain } of said.slice(0, at + 1)) {
    const next = known(seal(host, bytesOf(plain)));
    [host, bytes] = [next[0], Uint8Array.from(next[1])];
  }
  return bytes;
}

function mutatedMessage(draw: Chance, bytes: Uint8Array): Uint8Array {
  const decoded = decodeCbor(bytes);
  if ('value' in decoded && draw() < 0.7) return encodeCbor(mutatedCbor(draw, decoded.value)).slice(0, 4096);
  return mutatedBytes(draw, bytes).slice(0, 4096);
}

function traitOf(bytes: Uint8Array): string {
  const message = decodeMessage(bytes);
  if (message.type !== 'unreadable')
    return message.type === 'notice' ? message.notice : `${message.type} ${message.command}`;
  return `${message.error} ${message.detail.replace(/\d+/g, '#').slice(0, 40)}`;
}

function known<T>(value: T | null): T {
  if (value === null) throw new Error('the honest handshake failed');
  return value;
}
