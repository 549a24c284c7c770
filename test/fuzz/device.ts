/** The firmware as a whole: frames, link, messages, streams and keys, from transcripts that are damaged at one layer at a time. */
import {
  type Cbor,
  decodeCbor,
  encodeCbor,
  encodeFrame,
  frameDecoder,
  frameFlags,
  frameTypes,
} from '@sallyport/device-protocol';
import messages from '../../device-protocol/vectors/messages.json' with { type: 'json' };
import sessions from '../../device-protocol/vectors/sessions.json' with { type: 'json' };
import { mutatedBytes } from '../support/mutations.ts';
import { between, type Chance, pick } from '../support/random.ts';
import { mutatedCbor } from './cbor-tree.ts';
import { bytesOf, harness, hexOf, type Op } from './device-harness.ts';
import type { Target } from './target.ts';

export type Ops = readonly Op[];

export const device: Target<Ops> = {
  name: 'device',
  parsers: ['frame', 'cobs', 'arq', 'device-link', 'messages', 'schema', 'dispatch', 'asking', 'subject'],
  seeds: () => [...transcripts(), ...pulls(), ...lone()],
  mutate: (draw, ops) => {
    const changed = [...ops];
    for (let count = between(draw, 1, 2); count > 0; count--) {
      const at = between(draw, 0, Math.max(0, changed.length - 1));
      const op = changed[at];
      const what = draw();
      if (op === undefined || what < 0.1) changed.splice(at, 0, someOp(draw));
      else if (what < 0.16) changed.splice(at, 1);
      else if (what < 0.24) changed.splice(at, 0, op);
      else changed[at] = mutatedOp(draw, op);
    }
    return changed.slice(0, opsMax);
  },
  run: (ops) => {
    const world = harness();
    for (const op of ops) world.happen(op);
    const past = world.past();
    world.serveHonestly();
    return { past, trait: [...world.traits].sort().join(' · ') };
  },
};

/** Longer inputs find nothing more and take longer. */
const opsMax = 24;

const keys = ['approve', 'deny', 'next', 'back'] as const;
const waits: readonly [number, ...number[]] = [1, 300, 400, 600, 1_500, 2_000, 5_000, 10_000, 60_000];

function someOp(draw: Chance): Op {
  const what = draw();
  if (what < 0.4) return { press: pick(draw, keys) };
  return what < 0.8 ? { wait: pick(draw, waits) } : { chunk: pick(draw, [0, 0, 1, -1]), of: '' };
}

function mutatedOp(draw: Chance, op: Op): Op {
  if ('say' in op) return mutatedSaying(draw, bytesOf(op.say));
  if ('frame' in op) return { frame: hexOf(mutatedBytes(draw, bytesOf(op.frame))) };
  if ('raw' in op) return { raw: hexOf(mutatedBytes(draw, bytesOf(op.raw))) };
  if ('chunk' in op) return { ...op, chunk: between(draw, -2, 2) };
  return someOp(draw);
}

/** A message is damaged as a value, as bytes, as the frame around it, or as bytes on the wire. */
function mutatedSaying(draw: Chance, message: Uint8Array): Op {
  const what = draw();
  const decoded = decodeCbor(message);
  if (what < 0.65 && 'value' in decoded) return { say: hexOf(encodedMessage(mutatedMessage(draw, decoded.value))) };
  if (what < 0.8) return { say: hexOf(mutatedBytes(draw, message).slice(0, 4096)) };
  const flags = frameFlags.first | frameFlags.last;
  const frame = { type: 'data', flags, sequence: 0, session: 1, payload: message.slice(0, 400) } as const;
  if (what < 0.9) {
    const body = Uint8Array.of(1, frameTypes.data, flags, between(draw, 0, 2), 0, 0, 0, between(draw, 0, 2));
    return { frame: hexOf(mutatedBytes(draw, Uint8Array.of(...body, ...frame.payload))) };
  }
  return { raw: hexOf(mutatedBytes(draw, encodeFrame(frame))) };
}

/** Half of the changes go into the input of the request, whose lengths are put right again. */
function mutatedMessage(draw: Chance, value: Cbor): Cbor {
  const body = value instanceof Map ? value.get(3) : undefined;
  const stream = body instanceof Map ? body.get(3) : undefined;
  const head = stream instanceof Map ? stream.get(1) : undefined;
  if (!(value instanceof Map) || !(body instanceof Map) || !(head instanceof Uint8Array) || draw() < 0.5) {
    return mutatedCbor(draw, value);
  }
  const decoded = decodeCbor(head);
  const damaged =
    'value' in decoded && draw() < 0.7 ? encodedMessage(mutatedCbor(draw, decoded.value)) : mutatedBytes(draw, head);
  const next = damaged.slice(0, 3_500);
  const input = new Map<number, Cbor>([
    [0, next.length],
    [1, next],
  ]);
  return new Map([...value, [3, new Map([...body, [3, input]])]]);
}

function encodedMessage(value: Cbor): Uint8Array {
  return encodeCbor(value).slice(0, 4096);
}

/** What the host said in the sessions of the vectors, message by message, with the presses between. */
function transcripts(): readonly Ops[] {
  return sessions.sessions.map(({ lines }) => {
    const ops: Op[] = [];
    let parts: Uint8Array[] = [];
    for (const line of lines) {
      const press = /presses (approve|deny)/.exec('happens' in line ? String(line.happens) : '')?.[1];
      if (press === 'approve' || press === 'deny') ops.push({ press });
      if (!('wire' in line) || line.from !== 'host') continue;
      for (const frame of frameDecoder().push(bytesOf(String(line.wire)))) {
        if (frame.type !== 'data') continue;
        parts.push(frame.payload);
        if ((frame.flags & frameFlags.last) === 0) continue;
        ops.push({ say: hexOf(Uint8Array.from(Buffer.concat(parts))) });
        parts = [];
      }
    }
    return ops.slice(0, opsMax);
  });
}

/** Events that are pulled in chunks, and a text whose result is pushed. */
function pulls(): readonly Ops[] {
  const input = encodeCbor([1_760_000_000, 1, [['t', 'x']], 'a long text. '.repeat(500)]);
  const asked = (code: number, id: number, stream: Cbor): string =>
    hexOf(
      encodeCbor(
        new Map<number, Cbor>([
          [0, 0],
          [1, id],
          [2, code],
          [3, body(code, stream)],
        ]),
      ),
    );
  const body = (code: number, stream: Cbor): Cbor =>
    new Map<number, Cbor>([
      [0, 0],
      [1, 'fuzz'],
      ...(code === 0x31 ? [] : [[2, new Uint8Array(32).fill(9)] as const]),
      [3, stream],
    ]);
  const partial = new Map<number, Cbor>([
    [0, input.length],
    [1, input.slice(0, 60)],
  ]);
  const text = new Uint8Array(3_300).fill(0x61);
  const whole = new Map<number, Cbor>([
    [0, text.length],
    [1, text],
  ]);
  const chunk: Op = { chunk: 0, of: hexOf(input) };
  return [
    [{ say: asked(0x31, 10, partial) }, chunk, chunk, { press: 'next' }, { press: 'approve' }],
    [{ say: asked(0x40, 12, whole) }, { press: 'approve' }, { wait: 10_000 }],
    [{ say: asked(0x42, 14, partial) }, chunk, chunk, { press: 'approve' }],
  ];
}

/** Every valid message of the vectors on its own, and frames and streams that are none. */
function lone(): readonly Ops[] {
  return [
    ...messages.valid.map(({ hex }): Ops => [{ say: hex }, { press: 'approve' }]),
    [{ frame: '0103030000000001a400000104020103a0' }],
    [{ frame: `0101000000000009a3000101010248${'07'.repeat(8)}` }],
  ];
}
