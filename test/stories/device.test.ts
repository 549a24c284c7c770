/** Stories between host and device, in memory, with a virtual clock and bytes cut at random. */
import { getEventHash, verifyEvent } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { deviceBench } from '../support/bench-device.ts';
import { virtualClock } from '../support/clock.ts';
import { chance } from '../support/random.ts';

const note = { kind: 1, created_at: 1_700_000_000, tags: [['t', '']], content: 'hello ✨' };

function bench(seed = 1) {
  const clock = virtualClock();
  const device = deviceBench(clock, chance(seed), { crypto: portableCrypto });
  return { clock, device };
}

test('a note is shown, approved by the button, and its signature verifies', () => {
  const { clock, device } = bench();
  const job = device.ask({ method: 'sign_event', account: 0, label: 'an app', event: note });
  expect(clock.until(() => device.screen().rows.join('').includes('KEY1 sign'))).toBe(true);
  expect(device.screen().rows.join('\n')).toContain('hello');
  device.press('approve');
  expect(clock.until(() => device.answers.has(job))).toBe(true);
  const [answer] = device.answers.get(job) ?? [];
  if (answer?.type !== 'signature') throw new Error(JSON.stringify(answer));
  const event = { ...note, pubkey: answer.pubkey };
  expect(answer.id).toBe(getEventHash(event));
  expect(verifyEvent({ ...event, id: answer.id, sig: answer.sig })).toBe(true);
});

test('denied, timed out and cancelled are answers', () => {
  const { clock, device } = bench();
  const denied = device.ask({ method: 'sign_event', account: 0, label: 'an app', event: note });
  clock.until(() => device.screen().rows.join('').includes('KEY1 sign'));
  device.press('deny');
  const late = device.ask({ method: 'sign_event', account: 0, label: 'an app', event: note });
  expect(clock.until(() => device.answers.has(late))).toBe(true);
  expect(device.answers.get(denied)).toMatchObject([{ type: 'refused', refusal: { code: 'denied' } }]);
  expect(device.answers.get(late)).toMatchObject([{ type: 'refused', refusal: { code: 'timed_out' } }]);
  const cancelled = device.ask({ method: 'sign_event', account: 0, label: 'an app', event: note });
  clock.until(() => device.firmware().jobs.length === 1);
  device.cancel(cancelled);
  clock.advance(3_000);
  expect(device.firmware().jobs).toEqual([]);
  expect(device.answers.has(cancelled)).toBe(false);
});

test('an unplugged cable heals without a second prompt; a reboot fails what was open', () => {
  const { clock, device } = bench();
  const job = device.ask({ method: 'sign_event', account: 0, label: 'an app', event: note });
  clock.until(() => device.screen().rows.join('').includes('KEY1 sign'));
  device.unplug();
  device.press('approve');
  clock.advance(1_000);
  device.plug();
  expect(clock.until(() => device.answers.has(job))).toBe(true);
  expect(device.answers.get(job)).toMatchObject([{ type: 'signature' }]);
  const open = device.ask({ method: 'sign_event', account: 0, label: 'an app', event: note });
  clock.until(() => device.firmware().jobs.length === 1);
  device.reboot();
  expect(clock.until(() => device.answers.has(open))).toBe(true);
  expect(device.answers.get(open)).toMatchObject([{ type: 'refused', refusal: { code: 'device_rebooted' } }]);
});

test('200 KB cross in chunks, both ways, and come back the same', () => {
  const { clock, device } = bench();
  const peer = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
  const text = 'žluťoučký 🐎 '.repeat(12_000);
  const press = () =>
    clock.until(
      () =>
        device.screen().rows[0]?.includes('crypt') === true &&
        device.screen().rows.at(-1)?.includes('KEY1') === true &&
        !device.screen().rows.join('').includes('✔'),
    );
  const sealed = device.ask({ method: 'nip44_encrypt', account: 0, label: 'an app', peer, text });
  expect(press()).toBe(true);
  device.press('approve');
  expect(clock.until(() => device.answers.has(sealed))).toBe(true);
  const [answer] = device.answers.get(sealed) ?? [];
  if (answer?.type !== 'text') throw new Error(JSON.stringify(answer));
  expect(answer.text.length).toBeGreaterThan(260_000);
  const opened = device.ask({ method: 'nip44_decrypt', account: 0, label: 'an app', peer, text: answer.text });
  expect(press()).toBe(true);
  device.press('approve');
  expect(clock.until(() => device.answers.has(opened))).toBe(true);
  expect(device.answers.get(opened)).toEqual([{ type: 'text', text }]);
});
