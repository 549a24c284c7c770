/**
 * The vectors, the CDDL and PROTOCOL.md beside the code: the files are what the generator gives, the codecs accept and refuse
 * each row as it says, and the specification names every number and quotes real bytes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gate, messageBounds } from '../../device-protocol/src/cbor/gate.ts';
import { commands, notices } from '../../device-protocol/src/commands.ts';
import { deviceErrors } from '../../device-protocol/src/errors.ts';
import { frameOverhead, limits } from '../../device-protocol/src/limits.ts';
import { cobsDecode, cobsEncode } from '../../device-protocol/src/link/cobs.ts';
import { crc32 } from '../../device-protocol/src/link/crc32.ts';
import { encodeFrame, frameDecoder, frameFlags, frameTypes } from '../../device-protocol/src/link/frame.ts';
import { decodeMessage, encodeMessage, hello, helloRequest } from '../../device-protocol/src/messages.ts';
import { cborVectors } from '../vectors/cbor.ts';
import { bytesOf, hexOf, plain } from '../vectors/diagnostic.ts';
import { generatedFiles } from '../vectors/files.ts';
import { frameVectors } from '../vectors/frames.ts';
import { helloVectors, messageVectors } from '../vectors/messages.ts';
import { sessionVectors } from '../vectors/sessions.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const files = generatedFiles();

// The rows below are of the types that the generator gives, and this test says that the files hold the same.
test.each(Object.keys(files))('%s is what the generator gives', (path) => {
  const same = read(path) === files[path];
  expect(same, 'if the change is meant: node --conditions=sallyport-source test/vectors/write-vectors.ts').toBe(true);
});

test('four of ten vectors at least are invalid', () => {
  const [frames, cbor, greetings, messages] = [frameVectors(), cborVectors(), helloVectors(), messageVectors()];
  const sets = [frames.cobs, frames.frames, cbor, greetings.hello, greetings.hello_request, messages];
  const count = (what: 'valid' | 'invalid'): number => sets.reduce((sum, set) => sum + set[what].length, 0);
  expect(count('invalid')).toBeGreaterThan(0.4 * (count('valid') + count('invalid')));
  console.log(`vectors: ${count('valid')} valid, ${count('invalid')} invalid`);
});

describe('frames.json', () => {
  const { cobs, crc32: crcs, frames, streams } = frameVectors();

  test('COBS and CRC-32', () => {
    for (const row of cobs.valid) {
      expect(hexOf(cobsDecode(bytesOf(row.encoded)) ?? bytesOf('ff'))).toBe(row.decoded);
      if (!('name' in row)) expect(hexOf(cobsEncode(bytesOf(row.decoded)))).toBe(row.encoded);
    }
    for (const row of cobs.invalid) expect(cobsDecode(bytesOf(row.encoded)), row.name).toBeNull();
    for (const row of crcs) expect(crc32(bytesOf(row.hex))).toBe(Number.parseInt(row.crc32, 16));
  });

  test.each(frames.valid)('frame: $name', ({ wire, frame }) => {
    const got = frameDecoder(limits.frameDefault).push(bytesOf(wire));
    expect(got.map(plain)).toEqual([frame]);
    expect(got.map((one) => hexOf(encodeFrame(one)))).toEqual([wire]);
  });

  test.each(frames.invalid)('no frame: $name', ({ wire, wrong }) => {
    const decoder = frameDecoder(limits.frameDefault);
    expect(decoder.push(bytesOf(wire))).toEqual([]);
    expect(decoder.damage).toMatchObject({
      overflow: 0,
      cobs: 0,
      crc: 0,
      header: 0,
      [String(wrong)]: 1,
      bytes: wire.length / 2 - 2,
    });
  });

  test.each(streams)('stream: $name', ({ wire, frames: expected, damage }) => {
    const decoder = frameDecoder(limits.frameDefault);
    expect([...bytesOf(wire)].flatMap((byte) => decoder.push(Uint8Array.of(byte))).map(plain)).toEqual(expected);
    expect(decoder.damage).toEqual(damage);
  });
});

test('cbor.json', () => {
  const { valid, invalid } = cborVectors();
  for (const { hex } of valid) expect('wrong' in gate(bytesOf(hex), messageBounds), hex).toBe(false);
  for (const { hex, wrong, offset } of invalid)
    expect(gate(bytesOf(hex), messageBounds), hex).toEqual({ wrong, offset });
});

describe.each([
  ['hello_request', helloRequest],
  ['hello', hello],
] as const)('hello.json: %s', (name, codec) => {
  const { valid, invalid } = helloVectors()[name];
  test.each(valid)('$name', ({ hex, decoded }) => expect(plain(codec.decode(bytesOf(hex)))).toEqual(decoded));
  test.each(invalid)('refused: $name', ({ hex }) => expect(codec.decode(bytesOf(hex))).toBeNull());
});

describe('messages.json', () => {
  const { valid, invalid } = messageVectors();

  test.each(valid)('$name', ({ name, hex, decoded }) => {
    const message = decodeMessage(bytesOf(hex));
    expect(plain(message)).toEqual(decoded);
    if (message.type === 'unreadable') throw new Error(message.detail);
    if (!name.endsWith('(allowed)')) expect(hexOf(encodeMessage(message))).toBe(hex);
  });

  test.each(invalid)('refused: $name', ({ hex, error, detail, answered }) => {
    const message = decodeMessage(bytesOf(hex));
    expect(message).toMatchObject({ type: 'unreadable', error, detail });
    expect('request' in message ? message.request : null).toEqual(answered);
  });

  test.each(Object.keys(commands))('%s has vectors of each kind', (command) => {
    for (const kind of ['request', 'reply', 'cancel']) {
      const starts = (row: { readonly name: string }): boolean => row.name.startsWith(`${command} ${kind}`);
      expect(valid.some(starts), kind).toBe(true);
      if (kind !== 'cancel') expect(invalid.some(starts), kind).toBe(true);
    }
  });
});

describe('sessions.json', () => {
  const { sessions } = sessionVectors();

  test.each(sessions)('$name: every line is one frame, and every message can be read', ({ lines }) => {
    const parts: Record<'host' | 'device', Uint8Array[]> = { host: [], device: [] };
    for (const line of lines) {
      if (!('wire' in line)) continue;
      const [frame, ...more] = frameDecoder(limits.frameDefault).push(bytesOf(line.wire));
      if (frame === undefined || more.length > 0) throw new Error(`not one frame: ${line.wire}`);
      if (frame.type !== 'data' || line.lost) continue;
      if ((frame.flags & frameFlags.first) !== 0) parts[line.from] = [];
      parts[line.from].push(frame.payload);
      if ((frame.flags & frameFlags.last) === 0) continue;
      expect(decodeMessage(Uint8Array.from(Buffer.concat(parts[line.from]))).type).not.toBe('unreadable');
    }
  });

  test('one frame was lost and came again, byte for byte', () => {
    const wires = sessions.flatMap(({ lines }) => lines.filter((line) => 'wire' in line));
    const lost = wires.filter((line) => line.lost);
    expect(lost.length).toBe(1);
    expect(wires.filter((line) => line.wire === lost[0]?.wire).map((line) => line.lost ?? false)).toEqual([
      true,
      false,
    ]);
  });
});

describe('PROTOCOL.md', () => {
  const text = read('device-protocol/PROTOCOL.md');
  const hexByte = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`;

  test.each(Object.entries(commands))('command %s', (name, { code, by }) => {
    expect(text).toContain(`| \`${hexByte(code)}\` | \`${name}\` | ${by} |`);
  });
  test.each(Object.entries(notices))('notice %s', (name, { code }) => {
    expect(text).toContain(`| \`${hexByte(code)}\` | \`${name}\` |`);
  });
  test.each(Object.entries(deviceErrors))('error %s', (name, { code, words }) => {
    expect(text).toContain(`| ${code} | \`${name}\` | ${words} |`);
  });
  test.each(Object.entries(frameTypes))('frame type %s', (name, code) =>
    expect(text).toContain(`| ${code} | \`${name}\` |`),
  );
  test.each([...Object.entries(limits), ['frameOverhead', frameOverhead] as const])('limit %s', (name, value) => {
    expect(text).toContain(`| \`${name}\` | ${value} |`);
  });

  test('every long row of hex in it is taken from the vectors', () => {
    const vectors = Object.values(files).join('\n');
    const quoted = text.match(/\b[0-9a-f]{24,}\b/g) ?? [];
    expect(quoted.length).toBeGreaterThan(8);
    for (const hex of quoted) expect(vectors.includes(hex), hex).toBe(true);
  });
});
