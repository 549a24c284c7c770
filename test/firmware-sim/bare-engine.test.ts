/**
 * The firmware core is portable: bundled into one file it runs in a bare JavaScript engine, where nothing of a platform exists but
 * the Env that it is given, and signs there.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { limits } from '@sallyport/device-protocol';
import { verifyEvent } from 'nostr-tools/pure';
import { beforeAll, expect, test } from 'vitest';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { bundleFirmware } from '../bare-engine/bundle.ts';
import { bareEngine, demoFlash } from '../bare-engine/engine.ts';
import { type Fields, signingStory, type Told } from '../bare-engine/story.ts';

const note: Fields = {
  created_at: 1_760_000_000,
  kind: 1,
  tags: [['t', 'nostr']],
  content: 'Hello from a bare engine ✨ \u202eevil',
};
const flash = demoFlash();
let code = '';

beforeAll(async () => {
  code = await bundleFirmware();
});

function expectSigned({ reply }: Told, fields: Fields): void {
  const event = {
    ...fields,
    id: bytesToHex(reply.id),
    sig: bytesToHex(reply.sig),
    pubkey: bytesToHex(reply.pubkey),
  };
  expect(verifyEvent(event)).toBe(true);
}

test('boots, answers hello, shows the event, takes the press and signs, with nothing but the language and an Env', async () => {
  const engine = await bareEngine({ code, flash, curve: null });
  expect(engine.platform).toEqual([]);
  expect(engine.first.screen?.join('\n')).toMatch(/DEMO/);
  const told = signingStory(engine, note);
  expectSigned(told, note);
  expect(told.question.join('\n')).toMatch(/Sign note/);
  expect(told.question.join('\n')).toMatch(/Hello from a bare engine/);
  expect(told.question.join('\n')).toMatch(/⟨U\+202E⟩/);
  expect(told.outcome.join('\n')).toMatch(/signed/i);
  engine.stop();
});

test('takes the curve of the board instead, and pulls a large event in chunks', async () => {
  const engine = await bareEngine({ code, flash, curve: portableCrypto });
  const large = { ...note, content: 'ä'.repeat(20_000) };
  const told = signingStory(engine, large);
  expectSigned(told, large);
  // Once to find its parts, once for its id and its pages; the head came with the request.
  expect(told.pulls).toBe(2 * (Math.ceil(told.inputBytes / limits.headMax) - 1));
  engine.stop();
});
