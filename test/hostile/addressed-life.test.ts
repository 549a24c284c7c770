/**
 * The wish of the owner that a key answers apps itself, where it could get lost or outlive what it was for: power cuts, removed accounts, locks,
 * computers that are not paired or no longer.
 */
import { describe, expect, test } from 'vitest';
import type { Flash } from '../../firmware-sim/src/firmware/env.ts';
import { logEvents } from '../../firmware-sim/src/firmware/vault/log-entry.ts';
import { addressedBench, ofComputer, template, user } from '../support/addressed-bench.ts';
import { fingers } from '../support/fingers.ts';
import { pairFresh, pin, settledFlash } from '../support/life-bench.ts';
import { memoryFlash } from '../support/memory-flash.ts';
import { sealedComputer } from '../support/sealed-computer.ts';

const sign = { method: 'sign_event', params: [template()] };

/** A device with a PIN, unlocked, with what is in this flash; its computer is paired. */
function opened(flash: Flash) {
  const computer = sealedComputer(flash, undefined, undefined, 'flash');
  computer.establish();
  computer.advance(3_000);
  const bench = ofComputer(computer);
  const press = (key: 'approve' | 'deny' | 'next' | 'back'): void => void computer.press(key, 0, 20);
  press('next');
  fingers(press, bench.screen).pin(pin);
  bench.advance(1_000);
  return bench;
}

type Bench = ReturnType<typeof opened>;

function addressedIn(bench: Bench): readonly number[] | null {
  const { life } = bench.computer.firmware();
  return life.phase === 'open' ? life.addressed : null;
}

const off = (bench: Bench, account = 0): number =>
  bench.say({ command: 'account_address', body: { account, addressed: false } });

/** Flash that has power for so many writes more, and what lies in it then. */
function dying() {
  const flash = memoryFlash();
  let left = Number.POSITIVE_INFINITY;
  function spend(): void {
    if (left === 0) throw new Error('no power');
    left -= 1;
  }
  return {
    flash,
    dies: (writes: number) => {
      left = writes;
    },
    board: {
      ...flash,
      write: (name: string, value: Uint8Array) => {
        spend();
        flash.write(name, value);
      },
      remove: (name: string) => {
        spend();
        flash.remove(name);
      },
    },
  };
}

/** Cuts the power after each write of what is done, and tells what a start finds then; the last one was not cut. */
function cutEverywhere(before: (bench: Bench) => void, act: (bench: Bench) => void): readonly Bench[] {
  const found: Bench[] = [];
  for (let writes = 0; writes < 40; writes++) {
    const power = dying();
    pairFresh(power.board);
    settledFlash(power.board);
    const bench = opened(power.board);
    before(bench);
    power.dies(writes);
    let cut = false;
    try {
      act(bench);
    } catch (problem) {
      if (!(problem instanceof Error) || problem.message !== 'no power') throw problem;
      cut = true;
    }
    found.push(opened(power.flash));
    if (!cut) return found;
  }
  throw new Error('it writes without end');
}

function importOther(bench: Bench, byte = 8): void {
  bench.say({ command: 'account_import', body: { name: 'Other', secret: new Uint8Array(32).fill(byte) } });
  hold(bench);
}

function remove(bench: Bench, account: number): number {
  const id = bench.say({ command: 'account_remove', body: { account } });
  hold(bench);
  return id;
}

function hold(bench: Bench): void {
  bench.advance(1_000);
  bench.hands.read();
  bench.press('approve', 1_600);
  bench.advance(3_000);
}

describe('a power cut', () => {
  test('while it is allowed leaves it as it was or as it is to be', () => {
    const found = cutEverywhere(
      () => undefined,
      (bench) => void bench.allow(),
    );
    expect(found.length).toBeGreaterThan(2);
    const were = found.map(addressedIn);
    for (const one of were) expect([[], [0]]).toContainEqual(one);
    expect([were.at(0), were.at(-1)]).toEqual([[], [0]]);
  });

  test('while it is taken back, too', () => {
    const found = cutEverywhere(
      (bench) => void bench.allow(),
      (bench) => void off(bench),
    );
    const were = found.map(addressedIn);
    for (const one of were) expect([[], [0]]).toContainEqual(one);
    expect([were.at(0), were.at(-1)]).toEqual([[0], []]);
  });

  test('while its account is removed leaves no account that is gone and allowed', () => {
    const found = cutEverywhere(
      (bench) => {
        importOther(bench);
        bench.allow(1);
      },
      (bench) => void remove(bench, 1),
    );
    const were = found.map((bench) => {
      const { life } = bench.computer.firmware();
      return life.phase === 'open' ? [life.accounts.length, life.addressed] : null;
    });
    for (const one of were)
      expect([
        [2, [1]],
        [2, []],
        [1, []],
      ]).toContainEqual(one);
    expect(were.at(-1)).toEqual([1, []]);
  });
});

test('an account that gets the number of one that was allowed is not', () => {
  const bench = addressedBench();
  const numberOfOther = (): number | undefined => {
    const { life } = bench.computer.firmware();
    return life.phase === 'open' ? life.accounts.find(({ name }) => name === 'Other')?.number : undefined;
  };
  importOther(bench);
  expect(numberOfOther()).toBe(1);
  bench.allow(1);
  expect(addressedIn(bench)).toEqual([1]);
  for (let byte = 9; byte < 9 + 15; byte++) {
    remove(bench, numberOfOther() ?? -1);
    importOther(bench, byte);
  }
  expect([numberOfOther(), addressedIn(bench)]).toEqual([1, []]);
});

test('the log says that it was allowed, what was done by it, and that it is no more', () => {
  const bench = addressedBench();
  // An entry begins with its event, a number of two bytes here.
  const newest = (): readonly number[] => [...(bench.log().at(-1)?.slice(1, 6) ?? [])];
  bench.allow();
  expect(newest()).toEqual([0x00, 0x18, logEvents.addressed, 0x01, expect.any(Number)]);
  off(bench);
  expect(newest()).toEqual([0x00, 0x18, logEvents.not_addressed, 0x01, expect.any(Number)]);
  importOther(bench);
  bench.allow(1);
  remove(bench, 1);
  expect(
    bench
      .log()
      .slice(-2)
      .map((entry) => (entry[2] === 0x18 ? entry[3] : entry[2])),
  ).toEqual([logEvents.not_addressed, logEvents.account_removed]);
});

describe('a device that is locked', () => {
  function unlocked() {
    const flash = memoryFlash();
    pairFresh(flash);
    settledFlash(flash);
    return opened(flash);
  }

  test('answers nothing; what was open ends, and what was answered is not to be had again', () => {
    const bench = unlocked();
    bench.allow();
    bench.pair();
    const answered = bench.ask({ method: 'ping' });
    const shown = bench.ask(sign);
    const before = bench.seals();
    bench.say({ command: 'lock', body: {} });
    expect(bench.ended(shown)).toEqual(['locked']);
    expect(bench.ended(bench.ask(sign))).toEqual(['locked']);
    bench.say({ command: 'get_result', body: { request: answered } });
    expect([bench.ended(answered), bench.seals()]).toEqual([['sealed'], before]);
    const press = (key: 'approve' | 'deny' | 'next' | 'back'): void => void bench.computer.press(key, 0, 20);
    press('next');
    fingers(press, bench.screen).pin(pin);
    bench.advance(1_000);
    expect(bench.answer(bench.ask({ method: 'ping' })).said.result).toBe('pong');
  });

  test('while the question whether it may is on the screen: nothing is allowed', () => {
    const bench = unlocked();
    const id = bench.say({ command: 'account_address', body: { account: 0, addressed: true } });
    bench.advance(1_000);
    bench.say({ command: 'lock', body: {} });
    expect([bench.ended(id), addressedIn(bench)]).toEqual([['locked'], null]);
  });
});

describe('a computer', () => {
  const address = { command: 'account_address', body: { account: 0, addressed: true } } as const;

  test('that is not paired is told no more than that', () => {
    const bench = opened(settledFlash());
    expect(bench.ended(bench.ask(sign))).toEqual(['not_paired']);
    expect(bench.ended(bench.ask({ method: 'connect', params: [user] }, { announced: true }))).toEqual(['not_paired']);
    expect(bench.ended(bench.say(address))).toEqual(['not_paired']);
    expect(bench.ended(off(bench))).toEqual(['not_paired']);
  });

  test('that is forgotten gets nothing of what it had open', () => {
    const bench = addressedBench();
    bench.allow();
    bench.pair();
    const before = bench.seals();
    const id = bench.ask(sign);
    bench.advance(1_000);
    bench.say({ command: 'revoke_host', body: { key: bench.computer.key } });
    bench.press('approve');
    bench.advance(3_000);
    expect([bench.ended(id), bench.seals()]).toEqual([['not_paired'], before]);
  });
});
