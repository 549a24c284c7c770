/**
 * The firmware's pieces need nothing of a platform: they load and work where TextEncoder, TextDecoder, Buffer, WebCrypto, Intl
 * and timers do not exist, as in a bare JavaScript engine.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FIRMWARE = new URL('../../firmware-sim/src/firmware/', import.meta.url);

const SCRIPT = `
  const write = process.stdout.write.bind(process.stdout);
  for (const name of ['TextEncoder', 'TextDecoder', 'Buffer', 'crypto', 'Intl', 'setTimeout', 'setInterval', 'setImmediate', 'atob', 'btoa']) {
    Object.defineProperty(globalThis, name, { value: undefined });
  }
  Math.random = () => { throw new Error('uses Math.random'); };
  const at = (name) => import(new URL(name, process.argv[1]).href);
  const { accountSecret, entropyOf } = await at('formats/keys.ts');
  const { portableCrypto } = await at('portable-crypto.ts');
  const { eventId } = await at('formats/event-id.ts');
  const { conversationKey, decryptNip44, encryptNip44 } = await at('formats/nip44.ts');
  const { decryptNip04, encryptNip04 } = await at('formats/nip04.ts');
  const { decodeUtf8, encodeUtf8 } = await import('@sallyport/device-protocol');
  const { reviewEvent } = await at('screen/review.ts');
  const { draw, layOut } = await at('screen/screens.ts');
  const { OLED128 } = await at('env.ts');
  const { boot, step } = await at('firmware.ts');
  const secret = accountSecret(entropyOf('leader monkey parrot ring guide accident before fence cannon height naive bean'), 0);
  const pubkey = portableCrypto.publicKey(secret);
  const fields = { kind: 1, created_at: 1, tags: [['t', 'x']], content: 'é😀' };
  const id = eventId({ ...fields, pubkey });
  portableCrypto.signSchnorr(id, secret, new Uint8Array(32));
  const sharedX = portableCrypto.sharedX(secret, pubkey);
  const text = encodeUtf8(fields.content);
  const key = conversationKey(sharedX);
  const a = decodeUtf8(decryptNip44(encryptNip44(text, key, new Uint8Array(32)), key));
  const b = decodeUtf8(decryptNip04(encryptNip04(text, sharedX, new Uint8Array(16)), sharedX));
  const layout = layOut(reviewEvent({ account: 'a', label: 'b', pubkey, imported: false, by: 'computer' }, { ...fields, id }), OLED128);
  const screen = draw({ type: 'review', layout, page: 0, unseen: 1, armed: true }, OLED128, false);
  const { openFont } = await at('screen/font.ts');
  const { paint } = await at('screen/pixels.ts');
  const font = openFont(Uint8Array.of(0x53, 0x50, 0x47, 0x31, 0, 0, 0, 1, 0, 0x41, 0, 1, 0, 0, 0, 16, ...new Array(16).fill(255)));
  if (paint(screen, OLED128, font).inks.length !== 128 * 64) throw new Error('no pixels');
  const random = (length) => new Uint8Array(length).fill(9);
  const flash = { read: () => null, write: () => undefined, remove: () => undefined, names: () => [] };
  const env = { random, crypto: portableCrypto, flash, board: OLED128, deviceSecret: random(32), pinRounds: 2 };
  const marks = { simulator: true, autoPress: false };
  const [state] = boot(env, { marks, model: 'bare', resetReason: 'power' });
  step(state, { type: 'tick' }, 1, env);
  portableCrypto.x25519.shared(random(32), portableCrypto.x25519.publicKey(random(32)));
  write(a + b + layout.count);
`;

test('the pure pieces work without a platform', () => {
  const options = ['--conditions=sallyport-source', '--input-type=module', '--eval', SCRIPT, FIRMWARE.href];
  const output = execFileSync(process.execPath, options, { cwd: fileURLToPath(FIRMWARE), encoding: 'utf8' });
  expect(output).toMatch(/^é😀é😀\d+$/);
});
