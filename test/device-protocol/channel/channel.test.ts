/** The established channel: only the next message of the peer opens, whole and unchanged. */
import { type Channel, limits, open, pairingCode, seal } from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import { keepsCommitment, pairingCommitment } from '../../../device-protocol/src/channel/pairing.ts';
import { pattern } from '../../support/pattern.ts';
import { bytesFrom, chance } from '../../support/random.ts';

const keys = bytesFrom(chance(1));
const [there, back] = [keys(32), keys(32)];
const start = (sendKey: Uint8Array, receiveKey: Uint8Array): Channel => ({ sendKey, receiveKey, sent: 0, received: 0 });
const host = start(there, back);
const device = start(back, there);

function sealAll(channel: Channel, messages: readonly Uint8Array[]): readonly Uint8Array[] {
  let current = channel;
  return messages.map((message) => {
    const sealed = seal(current, message);
    if (sealed === null) throw new Error('the numbers are used up');
    current = sealed[0];
    return sealed[1];
  });
}

const messages = [pattern(1), new Uint8Array(0), pattern(limits.messageMax)];
const sealed = sealAll(host, messages);
const [first, second, third] = sealed;
if (first === undefined || second === undefined || third === undefined) throw new Error('three messages');

test('what was sealed in order opens in order', () => {
  let current = device;
  for (const [n, one] of sealed.entries()) {
    const opened = open(current, one);
    if (opened === null) throw new Error(`message ${n} does not open`);
    expect(opened[1]).toEqual(messages[n]);
    expect(one.length).toBe((messages[n]?.length ?? 0) + limits.sealOverhead);
    current = opened[0];
  }
});

describe('does not open', () => {
  const afterFirst = open(device, first)?.[0] ?? device;
  test.each<[string, Channel, Uint8Array]>([
    ['a message out of its turn', device, second],
    ['a repeated message', afterFirst, first],
    ['a message after one that was left out', afterFirst, third],
    ['a truncated message', device, first.slice(0, -1)],
    ['a tag alone, cut', device, first.slice(0, 15)],
    ['nothing', device, new Uint8Array(0)],
    ['a longer message', device, Uint8Array.from([...first, 0])],
    ['a message of our own, sent back', host, first],
    ['a message under other keys', start(back, keys(32)), first],
  ])('%s', (_, channel, bytes) => expect(open(channel, bytes)).toBeNull());

  test('any flipped bit', () => {
    for (let bit = 0; bit < first.length * 8; bit++) {
      const flipped = first.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(open(device, flipped), `bit ${bit}`).toBeNull();
    }
  });
});

test('numbers are never used twice: at their end the channel seals and opens nothing', () => {
  const last = { ...host, sent: limits.sealedMessagesMax - 1 };
  const sealedLast = seal(last, pattern(3));
  expect(sealedLast).not.toBeNull();
  expect(sealedLast === null ? null : seal(sealedLast[0], pattern(3))).toBeNull();
  expect(open({ ...device, received: limits.sealedMessagesMax }, first)).toBeNull();
  const opened = open({ ...device, received: limits.sealedMessagesMax - 1 }, sealedLast?.[1] ?? first);
  expect(opened?.[1]).toEqual(pattern(3));
});

describe('the code of a pairing', () => {
  test('is six digits, and depends on each of the three', () => {
    const random = bytesFrom(chance(2));
    const [hash, device, host] = [random(32), random(32), random(32)];
    const code = pairingCode(hash, device, host);
    expect(code).toMatch(/^\d{6}$/);
    for (let at = 0; at < 3; at++) {
      const parts = [hash, device, host].map((part, i) => (i === at ? part.map((byte) => byte ^ 1) : part));
      expect(pairingCode(parts[0] ?? hash, parts[1] ?? device, parts[2] ?? host)).not.toBe(code);
    }
  });

  test('a commitment is kept by its own random only, and in its own handshake only', () => {
    const random = bytesFrom(chance(3));
    const [hash, other, secret] = [random(32), random(32), random(32)];
    const commitment = pairingCommitment(hash, secret);
    expect(keepsCommitment(commitment, hash, secret)).toBe(true);
    expect(keepsCommitment(commitment, other, secret)).toBe(false);
    expect(keepsCommitment(commitment, hash, other)).toBe(false);
    expect(keepsCommitment(commitment.slice(1), hash, secret)).toBe(false);
  });

  test('somebody in the middle has one try, however he chooses: two digits meet once in a hundred, not more often', () => {
    const random = bytesFrom(chance(4));
    const seeds = 8_000;
    let met = 0;
    for (let i = 0; i < seeds; i++) {
      // Two handshakes, one with each end. Towards the host he plays the device, and has to commit before he hears the host.
      const [hashHost, hashDevice] = [random(32), random(32)];
      const [deviceRandom, hostRandom, committed] = [random(32), random(32), random(32)];
      const atHost = pairingCode(hashHost, committed, hostRandom, 2);
      // Towards the device he plays the host: he may grind as he likes, but the device's random is hidden behind its commitment,
      // so that what he grinds against is a guess.
      let guess = random(32);
      for (let k = 0; k < 8; k++) {
        const candidate = random(32);
        if (pairingCode(hashDevice, pairingCommitment(hashDevice, deviceRandom), candidate, 2) === atHost)
          guess = candidate;
      }
      if (pairingCode(hashDevice, deviceRandom, guess, 2) === atHost) met++;
    }
    // Mean 80, standard deviation 9: five of them either side.
    expect(met).toBeGreaterThan(35);
    expect(met).toBeLessThan(125);
  }, 60_000);
});
