/**
 * Frames on the wire: `00 COBS(frame) 00`, where
 *
 *     frame = version(1) type(1) flags(1) sequence(1) session(4, big-endian) payload crc32(4, big-endian)
 *
 * A delimiter on both sides makes boot noise, a console or a lost byte cost one frame at most. The decoder survives any
 * input: work is linear, memory is one frame, bytes may come one at a time, damage is counted and never answered.
 */
import { frameOverhead, limits } from '../limits.ts';
import { cobsDecode, cobsEncode } from './cobs.ts';
import { crc32 } from './crc32.ts';

/** The layout's version. Hello frames keep version 1 and this layout for ever, whatever later versions do. */
const frameVersion = 1;

/** Types of frames; the numbers are for ever. */
export const frameTypes = { hello_request: 1, hello: 2, data: 3, ack: 4, unknown_session: 5 } as const;
export type FrameType = keyof typeof frameTypes;

/** Bits of the flags byte of data frames: `sealed` marks every fragment of a sealed message. All others are 0, or the frame is damage. */
export const frameFlags = { first: 1, last: 2, sealed: 4 } as const;

export type Frame = {
  readonly type: FrameType;
  readonly flags: number;
  readonly sequence: number;
  readonly session: number;
  readonly payload: Uint8Array;
};

/** What the decoder threw away, and why; for diagnostics. */
export type Damage = { overflow: number; cobs: number; crc: number; header: number; bytes: number };

const typesByCode = new Map<number, FrameType>([
  [frameTypes.hello_request, 'hello_request'],
  [frameTypes.hello, 'hello'],
  [frameTypes.data, 'data'],
  [frameTypes.ack, 'ack'],
  [frameTypes.unknown_session, 'unknown_session'],
]);

/** The bytes of a frame as they go onto the wire, delimiters included. */
export function encodeFrame(frame: Frame): Uint8Array {
  const body = new Uint8Array(frame.payload.length + frameOverhead);
  const view = new DataView(body.buffer);
  body.set([frameVersion, frameTypes[frame.type], frame.flags, frame.sequence]);
  view.setUint32(4, frame.session);
  body.set(frame.payload, 8);
  view.setUint32(body.length - 4, crc32(body, body.length - 4));
  return cobsEncode(body, 1);
}

/** Parses the bytes between two delimiters; the name of the damage when they are no frame. */
export function parseFrame(stuffed: Uint8Array): Frame | 'cobs' | 'crc' | 'header' {
  const body = cobsDecode(stuffed);
  if (body === null) return 'cobs';
  if (body.length < frameOverhead) return 'header';
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (view.getUint32(body.length - 4) !== crc32(body, body.length - 4)) return 'crc';
  const type = typesByCode.get(view.getUint8(1));
  const flags = view.getUint8(2);
  const allowed = type === 'data' ? frameFlags.first | frameFlags.last | frameFlags.sealed : 0;
  if (view.getUint8(0) !== frameVersion || type === undefined || (flags & ~allowed) !== 0) return 'header';
  return { type, flags, sequence: view.getUint8(3), session: view.getUint32(4), payload: body.slice(8, -4) };
}

/** A decoder for one stream of bytes: `push` returns the frames that the new bytes complete. */
export type FrameDecoder = { readonly push: (bytes: Uint8Array) => Frame[]; readonly damage: Damage };

/** Makes a decoder for frames of at most `frameMax` bytes. Its buffer is allocated once. */
export function frameDecoder(frameMax: number = limits.frameMax): FrameDecoder {
  const buffer = new Uint8Array(frameMax + 1 + Math.ceil(frameMax / 254));
  const damage: Damage = { overflow: 0, cobs: 0, crc: 0, header: 0, bytes: 0 };
  let length = 0;
  let skipping = false; // after an overflow: everything up to the next delimiter belongs to the frame that was too long

  function complete(frames: Frame[]): void {
    if (length === 0) return;
    const frame = parseFrame(buffer.subarray(0, length));
    // The buffer holds the stuffing of the worst case, so a frame of few zeros may be a little too long and still fit.
    const what = typeof frame !== 'string' && frame.payload.length + frameOverhead > frameMax ? 'overflow' : frame;
    if (typeof what === 'string') {
      damage[what]++;
      damage.bytes += length;
    } else frames.push(what);
  }

  /** Takes what stands before a delimiter: as much of it as a frame can be. */
  function take(piece: Uint8Array): void {
    const room = skipping ? 0 : buffer.length - length;
    if (piece.length <= room) {
      buffer.set(piece, length);
      length += piece.length;
      return;
    }
    damage.bytes += skipping ? piece.length : length + piece.length;
    if (!skipping) damage.overflow++;
    skipping = true;
  }

  function push(bytes: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    for (let at = 0; at < bytes.length; ) {
      const zero = bytes.indexOf(0, at);
      const end = zero === -1 ? bytes.length : zero;
      if (end > at) take(bytes.subarray(at, end));
      if (zero === -1) break;
      if (!skipping) complete(frames);
      length = 0;
      skipping = false;
      at = end + 1;
    }
    return frames;
  }

  return { push, damage };
}
