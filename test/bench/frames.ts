/** Frames: decoding whole and byte by byte, and encoding, beside a loop that only copies the same bytes. */
import { encodeFrame, type Frame, frameDecoder, frameOverhead, limits } from '@sallyport/device-protocol';
import { bytesFrom, chance } from '../support/random.ts';
import { type Effort, inTurns } from './measure.ts';
import { ratioTable } from './table.ts';

export function benchFrames({ quick }: Effort): string {
  const random = bytesFrom(chance(1));
  const count = quick ? 64 : 1024;
  const frames = Array.from({ length: count }, (_, i): Frame => {
    const payload = random(limits.frameDefault - frameOverhead);
    return { type: 'data', flags: 3, sequence: i & 0xff, session: 7, payload };
  });
  const wire = Uint8Array.from(Buffer.concat(frames.map(encodeFrame)));
  const copy = new Uint8Array(wire.length);
  // Made beforehand: what is measured is the decoder, and not the making of a thousand views.
  const single = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  const expect = (got: number): void => {
    if (got !== count) throw new Error(`${got} of ${count} frames were decoded`);
  };

  const amount = wire.length / 1e6;
  const rows = inTurns(quick ? 3 : 60, [
    {
      what: 'copy loop',
      amount,
      run: () => {
        for (let i = 0; i < wire.length; i++) copy[i] = wire[i] ?? 0;
      },
    },
    { what: 'decode, whole', amount, run: () => expect(frameDecoder().push(wire).length) },
    {
      what: 'decode, byte by byte',
      amount,
      run: () => {
        const decoder = frameDecoder();
        let got = 0;
        for (const byte of wire) got += decoder.push(single[byte] ?? copy).length;
        expect(got);
      },
    },
    { what: 'encode', amount, run: () => frames.map(encodeFrame) },
  ]);
  return ratioTable('Frames of 512 bytes (ratio: to copying the same bytes in a loop)', 'MB', rows);
}
