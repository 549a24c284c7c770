/**
 * Another program on the port: it opens a session of its own while an honest host's request is open, and wants what that request
 * leads to. It gets nothing that it did not ask for itself and that a human did not press for.
 */
import { encodeCbor, limits, type Message, type RequestOf } from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import { appBench } from '../support/app-bench.ts';
import { endOf, type HostileBench, hostileBench, inputOf, signRequest } from '../support/hostile-host.ts';
import { lifeBench } from '../support/life-bench.ts';

const peer = new Uint8Array(32).fill(0x79);

/** What came to whoever holds the session now. */
function heardSince(bench: HostileBench, from: number): readonly Message[] {
  return bench.host.heard.slice(from);
}

/** The honest host's request is on the screen, and its keys are named. */
function withOpenRequest(id = 8): HostileBench {
  const bench = hostileBench();
  bench.host.say(signRequest(id, inputOf({ content: 'honest' })));
  bench.until('the prompt', () => bench.host.device.prompt()?.request === id);
  bench.clock.advance(500);
  return bench;
}

test('the control: the host that asked gets its answer', () => {
  const bench = withOpenRequest();
  bench.host.device.press('approve');
  bench.until('the answer', () => endOf(bench.host, 8) === 'reply');
});

test('a stranger is told nothing of a request that it has not claimed, and not given its answer', () => {
  const bench = withOpenRequest();
  const from = bench.host.heard.length;
  bench.host.greet();
  bench.until('the session of the stranger', bench.host.isOpen);
  bench.clock.advance(2_000);
  bench.host.device.press('approve');
  bench.clock.advance(limits.claimMs);
  const heard = heardSince(bench, from).filter((message) => message.type !== 'notice' || message.notice !== 'state');
  expect(heard).toEqual([]);
});

test('the outcome is there for whoever knows the id in time, and forgotten afterwards', () => {
  for (const [waitMs, state] of [
    [1_000, 'reply'],
    [limits.resultKeptMs + 1, undefined],
  ] as const) {
    const bench = withOpenRequest();
    bench.host.greet();
    bench.until('another session', bench.host.isOpen);
    bench.host.device.press('approve');
    bench.clock.advance(waitMs);
    bench.host.say({ type: 'request', id: 100, command: 'get_result', body: { request: 8 } });
    bench.until('the word about it', () => endOf(bench.host, 100) === 'reply');
    expect(endOf(bench.host, 8)).toBe(state);
  }
});

test('what nobody claims is cancelled, and an answer to a chunk that somebody else was asked for is ignored', () => {
  const bench = hostileBench();
  const body = { account: 0, label: 'app', peer, input: { length: 9_000, head: new Uint8Array(10) } };
  bench.host.say({ type: 'request', id: 8, command: 'nip44_encrypt', body });
  const pull = (): Message | undefined =>
    bench.host.heard.find((one) => one.type === 'request' && one.command === 'chunk_get');
  bench.until('the first pull', () => pull() !== undefined);
  const asked = pull();
  if (asked?.type !== 'request') throw new Error('the device pulls');
  const from = bench.host.heard.length;
  bench.host.greet();
  bench.until('the session of the stranger', bench.host.isOpen);
  const bytes = new Uint8Array(limits.chunkMax);
  bench.host.say({ type: 'reply', id: asked.id, command: 'chunk_get', body: { bytes } });
  bench.clock.advance(limits.claimMs + 100);
  expect(heardSince(bench, from).filter((one) => one.type === 'request')).toEqual([]);
  expect(bench.host.device.firmware().jobs).toEqual([]);
});

type Bench = ReturnType<typeof lifeBench>;

const keyOf = (bench: Bench): string | null => bench.answer(bench.ask('get_public_key', { account: 0 }));

test('whoever opens the port learns the keys of an unlocked device, and nothing of a locked one but that it is locked', () => {
  const open = lifeBench('open', false);
  expect(keyOf(open)).toBe('done');
  const locked = lifeBench('locked', false);
  expect(keyOf(locked)).toBe('locked');
  const [info] = locked.say({ type: 'request', id: 900, command: 'info', body: {} });
  expect(info).toMatchObject({ body: { state: 'locked', name: 'Sallyport', accounts: 0 } });
});

const note = (): RequestOf<'sign_event'> => {
  const head = encodeCbor([1_700_000_000, 1, [], 'once more']);
  return { account: 0, label: 'x', input: { length: head.length, head } };
};

describe.each([true, false])('a computer that asks without end in its own name (paired: %s)', (paired) => {
  const asksAndIsRefused = (bench: Bench): string | null => {
    const id = bench.ask('sign_event', note());
    if (bench.answer(id) === null) bench.press('deny');
    bench.advance(1_000);
    return bench.answer(id);
  };

  test('has one question at a time on the screen, and none any more when nobody agreed to five', () => {
    const bench = lifeBench('open', paired);
    const ids = Array.from({ length: 2 * limits.requestsMax }, () => bench.ask('sign_event', note()));
    const answers = (from: readonly string[]): readonly (string | null)[] =>
      ids.map((_, i) => from[i] ?? (i < limits.requestsMax ? null : 'busy'));
    expect(ids.map(bench.answer)).toEqual(answers([]));
    bench.press('deny');
    // The finger that is still on its way to the first one meets none of the others.
    for (let i = 0; i < 10; i++) bench.press('approve');
    expect(ids.map(bench.answer)).toEqual(answers(['denied']));
    for (let i = 1; i < limits.ownTries; i++) {
      bench.advance(1_000);
      bench.press('deny');
    }
    bench.advance(1_000);
    const rest = limits.requestsMax - limits.ownTries;
    expect(ids.map(bench.answer)).toEqual(
      answers([...Array<string>(limits.ownTries).fill('denied'), ...Array<string>(rest).fill('rate_limited')]),
    );
    expect(bench.firmware().jobs).toEqual([]);
  });

  test('waits ever longer, also for what is no signature; a yes ends it', () => {
    const bench = lifeBench('open', paired);
    for (let i = 0; i < limits.ownTries; i++) expect(asksAndIsRefused(bench)).toBe('denied');
    expect(asksAndIsRefused(bench)).toBe('rate_limited');
    if (paired) expect(bench.answer(bench.ask('rename_device', { name: 'x' }))).toBe('rate_limited');
    bench.advance(limits.pairingPauseMs);
    expect([asksAndIsRefused(bench), asksAndIsRefused(bench)]).toEqual(['denied', 'rate_limited']);
    bench.advance(limits.pairingPauseMs);
    expect(asksAndIsRefused(bench)).toBe('rate_limited');
    bench.advance(limits.pairingPauseMs);
    const id = bench.ask('sign_event', note());
    bench.press('approve');
    expect(bench.answer(id)).toBe('done');
    bench.advance(1_000);
    expect(asksAndIsRefused(bench)).toBe('denied');
  });
});

test('a no to what a computer asks takes nothing from apps, and a PIN may always be asked for', () => {
  const bench = appBench();
  bench.paired();
  for (let i = 0; i < limits.ownTries; i++) {
    bench.own('mine');
    bench.press('deny');
    bench.advance(1_000);
  }
  expect(bench.answerTo(bench.own('mine'))).toMatchObject({ error: 'rate_limited' });
  const id = bench.sign();
  bench.press('approve');
  expect(bench.result(id)).toMatchObject({ result: 'signature' });
  const locked = lifeBench('locked');
  for (let i = 0; i < 2 * limits.ownTries; i++) {
    const unlock = locked.ask('unlock', {});
    locked.press('deny');
    expect(locked.answer(unlock)).toBe('denied');
    locked.advance(2_000);
  }
});
