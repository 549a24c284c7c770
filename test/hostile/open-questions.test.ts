/** What is taken away while a request about it is open: a computer, an app, the wish to be asked at all. */
import { describe, expect, test } from 'vitest';
import { logEvents } from '../../firmware-sim/src/firmware/vault/log-entry.ts';
import { type Asks, appBench, pubkey, startS } from '../support/app-bench.ts';
import { sealedComputer } from '../support/sealed-computer.ts';

function ready() {
  const bench = appBench();
  bench.paired();
  return bench;
}

const appKey = (bench: ReturnType<typeof ready>): Uint8Array =>
  bench.envelope({ method: 'ping', params: [], at: startS }).client;

/** The numbers of the newest entries in the log, as they lie there. */
function newest(bench: ReturnType<typeof ready>): number | undefined {
  const entry = bench.computer.firmware().log.block.entries.at(-1);
  // A map whose first key is 0, the event: one byte below 24.
  return entry?.[2];
}

describe('a computer that is forgotten', () => {
  test('gets nothing for a request that it kept half read, though a grant allows it', () => {
    const bench = ready();
    bench.sign();
    // Back from the first page: what is to be remembered.
    bench.press('back');
    bench.press('approve');
    bench.press('approve');
    bench.advance(3_000);
    const granted = bench.sign({ content: 'at once' });
    expect(bench.result(granted)).toMatchObject({ result: 'signature' });

    const asks: Asks = {
      method: 'sign_event',
      params: [JSON.stringify({ kind: 1, content: 'x'.repeat(6_000), tags: [], created_at: startS })],
    };
    const whole = bench.envelope(asks);
    const open = bench.say({ command: 'nip46_request', body: whole });
    const pull = bench.heard.findLast((one) => one.type === 'request' && one.command === 'chunk_get');
    expect(pull?.type).toBe('request');
    bench.say({ command: 'revoke_host', body: { key: bench.computer.key } });
    expect(bench.result(open)).toBe('not_paired');
    expect(bench.computer.firmware().jobs).toEqual([]);
  });
});

describe('an app that is taken away', () => {
  test('while its question is on the screen or waits: nobody is asked any more', () => {
    const bench = ready();
    const [shown, waiting] = [bench.sign(), bench.sign({ kind: 6 })];
    bench.advance(1_000);
    bench.say({ command: 'client_revoke', body: { client: appKey(bench), remoteSigner: pubkey } });
    expect(newest(bench)).toBe(logEvents.app_revoked);
    expect(bench.result(shown)).toBe('unknown_client');
    bench.advance(3_000);
    expect(bench.result(waiting)).toBe('unknown_client');
    expect(bench.computer.firmware().jobs).toEqual([]);
  });
});

describe('never again', () => {
  test('holds for what waits already', () => {
    const bench = ready();
    const [shown, waiting, other] = [bench.sign(), bench.sign({ content: 'again' }), bench.sign({ kind: 6 })];
    // Back from the first page: what is to be remembered.
    bench.press('back');
    bench.press('deny');
    expect(bench.result(shown)).toBe('denied');
    bench.advance(1_000);
    expect(bench.result(waiting)).toBe('forbidden');
    expect(bench.result(other)).toBeUndefined();
    expect(bench.computer.firmware().jobs).toMatchObject([{ phase: 'reviewing' }]);
  });
});

describe('pairings that came together', () => {
  test('are counted one by one: the fourth has to wait', () => {
    const bench = ready();
    const ids = [1, 2, 3, 4, 5].map((n) => bench.connect('', `app ${n}`, true, { at: startS + 500 + n }));
    for (let i = 0; i < 5; i++) {
      bench.press('deny');
      bench.advance(3_000);
    }
    const answers = ids.map((id) => bench.answerTo(id));
    expect(answers.map((one) => (one?.type === 'error' ? one.error : one?.type))).toEqual([
      'denied',
      'denied',
      'denied',
      'rate_limited',
      'rate_limited',
    ]);
  });
});

test('a code that comes under the finger is not confirmed by it', () => {
  const computer = sealedComputer();
  computer.establish();
  computer.say({ type: 'request', id: 6, command: 'pair', body: { name: 'desk' } });
  computer.say({ type: 'request', id: 8, command: 'pair_reveal', body: { random: new Uint8Array(32) } });
  computer.press('approve', 1_600, 200);
  expect(computer.firmware().pairing).toMatchObject({ step: 'comparing', yes: false });
  computer.press('approve', 0, 400);
  expect(computer.firmware().pairing).toMatchObject({ step: 'comparing', yes: false });
  computer.press('approve', 1_600, 400);
  expect(computer.firmware().pairing).toMatchObject({ yes: true });
});
