/**
 * What is large for a device that has to hold the answer to an app of early 2024: requests that come in pieces, answers that are pushed, and
 * what there is no room for.
 */
import { deviceErrors, limits } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { verifyEvent } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { simulatorSpare } from '../../firmware-sim/src/chip.ts';
import type { Spare } from '../../firmware-sim/src/firmware/env.ts';
import { keyWith, ready, template, user } from '../support/addressed-bench.ts';
import { publicOf } from '../vectors/client-events.ts';

const friend = { pubkey: publicOf('peer'), nip44: keyWith('peer') };

type Bench = ReturnType<typeof ready>;

/** Reads what is on the screen to its end, and says yes. */
function press(bench: Bench): void {
  bench.advance(1_000);
  bench.press('approve');
  bench.advance(3_000);
}

const boards: readonly (readonly [string, Spare | undefined])[] = [
  ['of the least memory', undefined],
  ['with a little memory to spare', { keptBytes: 16 * 1024, blocksAhead: 1, openedRecords: 1 }],
  ['with memory to spare', simulatorSpare],
];

const mostOf = (spare: Spare | undefined): number =>
  Math.min(limits.userRequestMax, Math.max(limits.userRequestLeast, spare?.keptBytes ?? 0));

describe.each(boards)('a board %s', (_, spare) => {
  test('reads a request in pieces, signs it, and pushes the whole event', () => {
    const bench = ready(spare);
    const content = 'a line of a long note ✨ "with quotes"\n'.repeat(90);
    const tags = Array.from({ length: 20 }, (__, i) => ['t', `tag ${i}`]);
    const wish = { method: 'sign_event', params: [template({ content, tags })] };
    const id = bench.ask(wish);
    expect(bench.wire.pulls).toBeGreaterThan(0);
    press(bench);
    const { reply, said } = bench.answer(id);
    expect(reply.output.length).toBeGreaterThan(limits.chunkMax);
    expect(reply.output.head).toHaveLength(0);
    const note = JSON.parse(said.result);
    expect(verifyEvent({ ...note })).toBe(true);
    expect(note).toMatchObject({ content, tags, pubkey: user });
  });

  test('opens and makes texts that come in pieces', () => {
    const bench = ready(spare);
    const text = 'a letter ✨\n'.repeat(250);
    const sealed = bench.ask({ method: 'nip44_encrypt', params: [friend.pubkey, text] });
    press(bench);
    expect(nip44.v2.decrypt(bench.answer(sealed).said.result, friend.nip44)).toBe(text);
    const opened = bench.ask({
      method: 'nip44_decrypt',
      params: [friend.pubkey, nip44.v2.encrypt(text, friend.nip44)],
    });
    expect(bench.wire.pulls).toBeGreaterThan(0);
    press(bench);
    expect(bench.answer(opened).said.result).toBe(text);
  });

  test('pushes the same answer to whoever lost it, and asks nobody', () => {
    const bench = ready(spare);
    const id = bench.ask({ method: 'nip44_encrypt', params: [friend.pubkey, 'x'.repeat(3_000)] });
    bench.wire.serves = false;
    press(bench);
    expect(bench.ended(id)).toEqual([]);
    bench.computer.replug();
    bench.computer.establish();
    bench.wire.serves = true;
    bench.say({ command: 'get_result', body: { request: id } });
    const first = bench.answer(id);
    bench.say({ command: 'get_result', body: { request: id } });
    expect(bench.opened(id)).toEqual([first, first]);
    expect(bench.computer.firmware().jobs).toEqual([]);
  });

  test('tells the app what it has no room for, and asks nobody', () => {
    const bench = ready(spare);
    const most = mostOf(spare);
    const sized = (chars: number): number =>
      bench.ask({ method: 'sign_event', params: [template({ content: 'x'.repeat(chars) })] });
    const id = sized(most);
    const { reply, said } = bench.answer(id);
    expect([reply.error, said.error]).toEqual([deviceErrors.too_large.code, deviceErrors.too_large.words]);
    expect([reply.about, reply.kind]).toEqual(['sign_event', 1]);
    const fits = sized(Math.floor(most / 2));
    press(bench);
    expect(bench.answer(fits).reply.error).toBeUndefined();
  });

  test('has room for answers that are far longer than what was asked', () => {
    const bench = ready(spare);
    const most = mostOf(spare);
    // Written as six characters each.
    const text = '\u0001'.repeat(Math.floor(most * 0.4));
    const id = bench.ask({ method: 'nip44_decrypt', params: [friend.pubkey, nip44.v2.encrypt(text, friend.nip44)] });
    press(bench);
    expect(bench.ended(id)).toEqual(['sealed']);
    expect(bench.answer(id).said.result).toBe(text);
  });
});

test('a request of more than any board answers is read to its end, and too large', () => {
  const bench = ready(simulatorSpare);
  const id = bench.ask({ method: 'nip44_decrypt', params: [friend.pubkey, 'A'.repeat(100_000)] });
  expect(bench.answer(id).said.error).toBe(deviceErrors.too_large.words);
});
