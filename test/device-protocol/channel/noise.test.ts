/** The handshake against the public vectors of cacophony, its DH against RFC 7748 and Node's own, and against every change on its way. */
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { open, seal, startChannel } from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import { complete, finish, initiate, type NoiseStart, respond } from '../../../device-protocol/src/channel/noise.ts';
import { x25519 } from '../../../device-protocol/src/channel/x25519.ts';
import { nodeDh } from '../../conformance/dh.ts';
import { bytesFrom, chance } from '../../support/random.ts';
import vectors from '../../vectors/noise-xx.vectors.json' with { type: 'json' };

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const startOf = (prologue: string, staticSecret: string, ephemeral: string): NoiseStart => ({
  dh: x25519,
  prologue: bytes(prologue),
  staticSecret: bytes(staticSecret),
  ephemeralSecret: bytes(ephemeral),
});
const { init_prologue, init_static, init_ephemeral, resp_prologue, resp_static, resp_ephemeral } = vectors;
const initiator = startOf(init_prologue, init_static, init_ephemeral);
const responder = startOf(resp_prologue, resp_static, resp_ephemeral);

const quickInitiator = { ...initiator, dh: nodeDh };
const quickResponder = { ...responder, dh: nodeDh };

const sizes = [0, 32, 96, 64];

function must<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('the handshake failed');
  return value;
}

/** A whole handshake; `change` may replace each message on its way. Null when an end refuses. */
function shake(
  host: NoiseStart,
  device: NoiseStart,
  change: (message: Uint8Array, n: number) => Uint8Array = (message) => message,
) {
  const [first, one] = initiate(host);
  const second = respond(device, change(one, 1));
  const third = second === null ? null : finish(first, change(second.message, 2));
  const last = second === null || third === null ? null : complete(second.handshake, change(third.message, 3));
  return third === null || last === null ? null : { host: third.end, device: last.end };
}

describe('Noise_XX_25519_ChaChaPoly_SHA256', () => {
  test('says what the vectors say, byte for byte, payloads and transport messages included', () => {
    const at = (n: number) => must(vectors.messages[n]);
    const [started, one] = initiate(initiator, bytes(at(0).payload));
    expect(hex(one)).toBe(at(0).ciphertext);
    const answered = must(respond(responder, one, bytes(at(1).payload)));
    expect(hex(answered.message)).toBe(at(1).ciphertext);
    expect(hex(answered.payload)).toBe(at(0).payload);
    const finished = must(finish(started, answered.message, bytes(at(2).payload)));
    expect(hex(finished.message)).toBe(at(2).ciphertext);
    expect(hex(finished.payload)).toBe(at(1).payload);
    const completed = must(complete(answered.handshake, finished.message));
    expect(hex(completed.payload)).toBe(at(2).payload);
    expect(hex(completed.end.hash)).toBe(hex(finished.end.hash));
    expect(hex(completed.end.peer)).toBe(hex(x25519.publicKey(initiator.staticSecret)));
    expect(hex(finished.end.peer)).toBe(hex(x25519.publicKey(responder.staticSecret)));
    let ends = { init: startChannel(finished.end), resp: startChannel(completed.end) };
    // After the three handshake messages the responder has the word, and they take turns.
    for (const [n, sender, receiver] of [
      [3, 'resp', 'init'],
      [4, 'init', 'resp'],
      [5, 'resp', 'init'],
    ] as const) {
      const [next, sealed] = must(seal(ends[sender], bytes(at(n).payload)));
      expect(hex(sealed)).toBe(at(n).ciphertext);
      const [opened, plaintext] = must(open(ends[receiver], sealed));
      expect(hex(plaintext)).toBe(at(n).payload);
      ends = { ...ends, [sender]: next, [receiver]: opened };
    }
  });

  test('fails at every changed byte of every message', () => {
    for (const n of [1, 2, 3]) {
      for (let at = 0; at < (sizes[n] ?? 0); at++) {
        const flip = (message: Uint8Array, m: number): Uint8Array =>
          m === n ? message.map((byte, i) => (i === at ? byte ^ 0x10 : byte)) : message;
        // A tag fails the same whoever multiplied: what is changed here is not the curve.
        expect(shake(quickInitiator, quickResponder, flip), `message ${n}, byte ${at}`).toBeNull();
      }
    }
  });

  test('fails at every truncated message, and at an empty one', () => {
    for (const n of [1, 2, 3]) {
      for (const length of [0, 1, 16, 31, 48, 63]) {
        const cut = (message: Uint8Array, m: number): Uint8Array => (m === n ? message.slice(0, length) : message);
        if (length < (sizes[n] ?? 0)) expect(shake(initiator, responder, cut), `${n} ${length}`).toBeNull();
      }
    }
  });

  test('fails when the two ends saw different hellos', () => {
    expect(shake(initiator, { ...responder, prologue: bytes('4a6f') })).toBeNull();
    expect(shake(initiator, responder)).not.toBeNull();
  });

  test('refuses a peer whose key has a small order', () => {
    expect(respond(responder, new Uint8Array(32))).toBeNull();
  });
});

describe('X25519', () => {
  test('says what RFC 7748 section 6.1 says', () => {
    const bob = bytes('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    expect(hex(x25519.publicKey(bob))).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
  });

  test('says what Node says', () => {
    const random = bytesFrom(chance(3));
    // PKCS#8 and SPKI of RFC 8410 are a fixed head and the raw key.
    const pkcs8 = (secret: Uint8Array) => Buffer.concat([bytes('302e020100300506032b656e04220420'), secret]);
    const spki = (key: Uint8Array) => Buffer.concat([bytes('302a300506032b656e032100'), key]);
    for (let i = 0; i < 32; i++) {
      const [mine, theirs] = [random(32), random(32)];
      const privateKey = createPrivateKey({ key: pkcs8(mine), format: 'der', type: 'pkcs8' });
      const publicKey = createPublicKey({ key: spki(x25519.publicKey(theirs)), format: 'der', type: 'spki' });
      const shared = Uint8Array.from(diffieHellman({ privateKey, publicKey }));
      expect(hex(must(x25519.shared(mine, x25519.publicKey(theirs))))).toBe(hex(shared));
      const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
      expect(hex(x25519.publicKey(mine))).toBe(own.toString('hex'));
    }
  });
});
