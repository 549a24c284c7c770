/** How a computer and a device get to know each other, and what becomes of everybody else. */
import { capabilities, limits } from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import { fingers } from '../support/fingers.ts';
import { pin } from '../support/life-bench.ts';
import { pairingBench, someEvent } from '../support/pairing-bench.ts';

const signs = { method: 'sign_event', account: 0, label: 'Coracle', event: someEvent } as const;
const screenOf = (bench: ReturnType<typeof pairingBench>): string => bench.firmware().screen.rows.join('\n');

describe('a computer and a device that never met', () => {
  test('are encrypted at once, and the device calls the computer unknown', () => {
    const bench = pairingBench();
    expect(bench.trust()).toBe('unpaired');
    bench.ask(signs);
    expect(screenOf(bench)).toContain('! unknown computer: not paired');
    bench.press('approve');
    expect(bench.answers).toMatchObject([{ type: 'signature' }]);
  });

  test('are paired by six digits that both show, and still are after a glitch, a reboot and a new session', () => {
    const bench = pairingBench();
    bench.host({ type: 'pair' });
    bench.clock.advance(500);
    const [code] = bench.news;
    expect(code).toMatchObject({ state: 'code', code: expect.stringMatching(/^\d{6}$/) });
    expect(bench.firmware().pairing).toMatchObject({
      step: 'comparing',
      code: code?.state === 'code' ? code.code : '',
    });
    bench.host({ type: 'pair_answer', yes: true });
    bench.clock.advance(500);
    expect(bench.news.length).toBe(1);
    // A press in passing says nothing of the digits.
    bench.press('approve');
    expect(bench.news.length).toBe(1);
    bench.hold('approve');
    expect(bench.news.at(-1)).toMatchObject({ state: 'paired' });
    expect(bench.trust()).toBe('paired');
    bench.unplug();
    bench.plug();
    expect(bench.trust()).toBe('paired');
    bench.unplug();
    bench.reboot();
    bench.plug();
    expect(bench.trust()).toBe('paired');
    bench.ask(signs);
    expect(screenOf(bench)).not.toContain('unknown computer');
    expect(screenOf(bench)).toContain('▸asked by the computer');
  });

  test('a locked device asks for its PIN first, and shows the digits to whoever knows it', () => {
    const bench = pairingBench(1, 'locked');
    const hands = fingers(bench.press, () => screenOf(bench));
    bench.host({ type: 'pair' });
    bench.clock.advance(500);
    expect(bench.statuses.at(-1)).toEqual({ state: 'unlocking' });
    expect(screenOf(bench)).toContain('Unlock');
    hands.pin(pin);
    bench.clock.advance(3_000);
    expect(bench.news).toMatchObject([{ state: 'code' }]);
    bench.hold('approve');
    bench.host({ type: 'pair_answer', yes: true });
    bench.clock.advance(500);
    expect(bench.trust()).toBe('paired');
  });

  test('a locked device whose PIN nobody types is not paired, and that is said', () => {
    const bench = pairingBench(1, 'locked');
    bench.host({ type: 'pair' });
    bench.clock.advance(500);
    bench.press('deny');
    expect(bench.news).toMatchObject([{ state: 'failed', refusal: { code: 'locked' } }]);
    expect(bench.firmware().pairing).toBeNull();
  });

  test('a second computer is unknown to the device that is paired with the first, and can be paired too', () => {
    const bench = pairingBench();
    bench.pair();
    const first = bench.changeComputer();
    expect(bench.trust()).toBe('unpaired');
    bench.ask(signs);
    expect(screenOf(bench)).toContain('! unknown computer');
    bench.press('deny');
    bench.clock.advance(3_000);
    bench.pair();
    expect(bench.trust()).toBe('paired');
    bench.changeComputer(first);
    expect(bench.trust()).toBe('paired');
    expect(bench.firmware().identity.hosts.length).toBe(2);
  });

  test('the ninth computer takes the place of the one that was paired first, and the screen says so', () => {
    const bench = pairingBench();
    for (let i = 0; i < limits.hostsMax; i++) {
      bench.pair();
      expect(bench.trust(), `computer ${i}`).toBe('paired');
      bench.clock.advance(3_000);
      bench.changeComputer();
    }
    const first = bench.firmware().identity.hosts[0];
    bench.host({ type: 'pair' });
    bench.clock.advance(500);
    expect(screenOf(bench)).toContain('and forget the computer');
    bench.hold('approve');
    bench.host({ type: 'pair_answer', yes: true });
    bench.clock.advance(500);
    expect(bench.trust()).toBe('paired');
    expect(bench.firmware().identity.hosts.length).toBe(limits.hostsMax);
    expect(bench.firmware().identity.hosts).not.toContain(first);
  });
});

describe('another device on the port of a paired one', () => {
  test('gets a hello and an ephemeral key, and nothing else; asks are refused in words', () => {
    const bench = pairingBench();
    bench.pair();
    const flash = bench.changeDevice();
    expect(bench.statuses.at(-1)).toEqual({ state: 'refused', why: 'another_device' });
    bench.ask(signs);
    bench.clock.advance(10_000);
    expect(bench.answers).toMatchObject([{ type: 'refused', refusal: { code: 'device_absent' } }]);
    expect(bench.answers[0]?.type === 'refused' ? bench.answers[0].refusal.words : '').toContain('Another device');
    // Its own state notice, the acknowledgements, hello and the first handshake message: nobody learned who this computer is.
    expect(bench.firmware().channel.phase).toBe('shaking');
    expect(bench.firmware().jobs).toEqual([]);
    bench.changeDevice(flash);
    expect(bench.trust()).toBe('paired');
  });

  test('can be paired in its place, by both sides', () => {
    const bench = pairingBench();
    bench.pair();
    bench.changeDevice();
    bench.changeComputer({ ...bench.session().identity, pin: null });
    expect(bench.trust()).toBe('unpaired');
    bench.pair();
    expect(bench.trust()).toBe('paired');
  });

  test('that has no channel is refused as well: there is no way back to an unsealed session', () => {
    const bench = pairingBench();
    bench.pair();
    bench.unplug();
    const { link } = bench.firmware();
    // What a firmware without the channel would announce; the flash, and so the key, is the right one.
    Object.assign(link.facts, { capabilities: [] });
    bench.plug();
    expect(bench.statuses.at(-1)).toEqual({ state: 'refused', why: 'no_channel' });
    Object.assign(link.facts, { capabilities: [capabilities.channel] });
  });
});

describe('a pairing that is not to be', () => {
  test.each<[string, (bench: ReturnType<typeof pairingBench>) => void, string]>([
    ['no on the device', (bench) => bench.press('deny'), 'denied'],
    ['no at the computer', (bench) => bench.host({ type: 'pair_answer', yes: false }), 'cancelled'],
    ['nobody presses', (bench) => bench.clock.advance(limits.pairingMs + 1_000), 'timed_out'],
    ['a press that began before the code was there', (bench) => bench.press('approve', 10_000), 'timed_out'],
  ])('%s', (_, happens, code) => {
    const bench = pairingBench();
    bench.host({ type: 'pair' });
    bench.clock.advance(500);
    happens(bench);
    bench.host({ type: 'pair_answer', yes: true });
    bench.clock.advance(limits.pairingMs + 1_000);
    expect(bench.news.at(-1)).toMatchObject({ state: 'failed', refusal: { code } });
    expect(bench.trust()).toBe('unpaired');
    expect(bench.firmware().identity.hosts).toEqual([]);
    expect(bench.session().identity.pin).toBeNull();
    bench.clock.advance(limits.pairingPauseMaxMs);
    bench.pair();
    expect(bench.trust()).toBe('paired');
  });

  test('the cable goes while the code is compared: both forget it', () => {
    const bench = pairingBench();
    bench.host({ type: 'pair' });
    bench.clock.advance(500);
    bench.unplug();
    expect(bench.news.at(-1)).toMatchObject({ state: 'failed' });
    bench.plug();
    bench.hold('approve');
    bench.host({ type: 'pair_answer', yes: true });
    bench.clock.advance(1_000);
    expect(bench.firmware().identity.hosts).toEqual([]);
  });

  test('three at once, then one in a while, and the while grows', () => {
    const bench = pairingBench();
    const attempt = (): string => {
      bench.host({ type: 'pair' });
      bench.clock.advance(100);
      const begun = bench.firmware().pairing?.step === 'comparing';
      if (begun) bench.press('deny');
      bench.host({ type: 'pair_answer', yes: true });
      bench.clock.advance(100);
      return begun ? 'begun' : 'refused';
    };
    expect([attempt(), attempt(), attempt(), attempt()]).toEqual(['begun', 'begun', 'begun', 'refused']);
    expect(bench.news.at(-1)).toMatchObject({ state: 'failed', refusal: { words: 'The device was asked too often.' } });
    for (const minutes of [1, 2, 4, 8]) {
      bench.clock.advance(minutes * 60_000 - 5_000);
      expect(attempt(), `before ${minutes} min`).toBe('refused');
      bench.clock.advance(5_000);
      expect(attempt(), `after ${minutes} min`).toBe('begun');
    }
  });

  test('a request that waits is not pushed off the screen by a pairing, and a pairing not by a request', () => {
    const bench = pairingBench();
    bench.ask(signs);
    bench.host({ type: 'pair' });
    bench.clock.advance(100);
    expect(bench.news.at(-1)).toMatchObject({ state: 'failed', refusal: { code: 'busy' } });
    bench.press('deny');
    bench.clock.advance(3_000);
    bench.host({ type: 'pair' });
    bench.clock.advance(500);
    bench.ask(signs);
    expect(screenOf(bench)).toContain('Pair a computer');
    bench.hold('approve');
    bench.host({ type: 'pair_answer', yes: true });
    bench.clock.advance(1_000);
    expect(bench.trust()).toBe('paired');
    bench.press('approve');
    expect(bench.answers.at(-1)).toMatchObject({ type: 'signature' });
  });
});
