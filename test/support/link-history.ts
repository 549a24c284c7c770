/**
 * One seeded history of one link: damage, loss, duplication, noise, unplugging and reboots while requests are open. In each of
 * them, through the sealed channel of a paired host, every request ends exactly once, no answer is wrong, nothing is signed twice, and the next hello works.
 */

import type { Dh } from '@sallyport/device-protocol';
import { getEventHash } from 'nostr-tools/pure';
import { accountOf } from '../../firmware-sim/src/firmware/turn.ts';
import type { EventTemplate } from '../../host/src/core/device/device-port.ts';
import { countingCurve, type DeviceBench, deviceBench } from './bench-device.ts';
import { soundCable } from './cable.ts';
import { cheapDh } from './cheap-dh.ts';
import { type Clock, virtualClock } from './clock.ts';
import { between, type Chance, chance } from './random.ts';

const pubkey = '02'.repeat(32);

/** Classes of faults. Each must have struck open requests, or histories prove nothing. */
export const linkFaults = ['damage', 'loss', 'duplication', 'noise', 'unplug', 'reboot'] as const;

/** How often each fault struck while a request was open, and how often requests ended in which way. */
export type Told = { readonly faults: ReadonlyMap<string, number>; readonly outcomes: ReadonlyMap<string, number> };

/** One history; throws with the reason when a promise does not hold. */
export function history(seed: number, dh: Dh = cheapDh): Told {
  const draw = chance(seed);
  const clock = virtualClock();
  const signed: string[] = [];
  const crypto = { ...countingCurve((hash) => signed.push(hash)), x25519: dh };
  const device = deviceBench(clock, draw, { crypto });
  clock.until(device.isOpen);
  device.cable.faults = { damage: draw() * 0.1, loss: draw() * 0.1, duplication: draw() * 0.1, noise: draw() * 0.05 };
  const asked = new Map<number, EventTemplate>();
  const requests = between(draw, 1, 4);
  for (let i = 0; i < requests; i++) {
    const content = `${seed} ${i} ${'x'.repeat(draw() < 0.2 ? between(draw, 4_000, 20_000) : between(draw, 0, 900))}`;
    const event = { kind: 1, created_at: 1_700_000_000, tags: [], content };
    asked.set(device.ask({ method: 'sign_event', account: 0, label: 'app', event }), event);
    if (draw() < 0.5) live(device, clock, draw);
  }
  const rounds = between(draw, 1, 6);
  for (let i = 0; i < rounds; i++) live(device, clock, draw);
  device.cable.faults = soundCable;
  const human = { deadline: () => nextGlance(device, clock), tick: () => device.press('approve') };
  clock.watch(human.deadline, human.tick);
  if (!clock.until(() => asked.size === device.answers.size, 900_000)) throw new Error('a request without an ending');
  judge(device, asked, signed);
  const probe = device.ask({ method: 'get_public_key', account: 0 });
  if (!clock.until(() => device.answers.has(probe), 30_000)) throw new Error('the next hello did not work');
  if (device.answers.get(probe)?.[0]?.type !== 'public_key') throw new Error('the link did not heal');
  return { faults: device.faultCounts, outcomes: outcomesOf(device, asked) };
}

/** The histories of many seeds, added up; throws with the seed when one of them fails. */
export function histories(seeds: Iterable<number>, dh: Dh = cheapDh): Told {
  const faults = new Map<string, number>();
  const outcomes = new Map<string, number>();
  for (const seed of seeds) {
    try {
      const told = history(seed, dh);
      for (const [name, count] of told.faults) faults.set(name, (faults.get(name) ?? 0) + count);
      for (const [name, count] of told.outcomes) outcomes.set(name, (outcomes.get(name) ?? 0) + count);
    } catch (problem) {
      throw new Error(`seed ${seed}: ${problem instanceof Error ? problem.message : problem}`, { cause: problem });
    }
  }
  return { faults, outcomes };
}

/** Something happens to the cable, the device or the human, and a while passes. */
function live(device: DeviceBench, clock: Clock, draw: Chance): void {
  const what = draw();
  if (what < 0.4) device.press('approve');
  else if (what < 0.45) device.press('deny');
  else if (what < 0.65) {
    device.unplug();
    clock.advance(between(draw, 0, draw() < 0.3 ? 9_000 : 2_000));
    device.plug();
  } else if (what < 0.7) device.reboot();
  else if (what < 0.75) {
    device.unplug();
    clock.advance(between(draw, 0, 500));
    device.reboot();
    device.plug();
  }
  clock.advance(between(draw, 0, 4_000));
}

/** The human looks up every half second and approves what is there. */
function nextGlance(device: DeviceBench, clock: Clock): number | null {
  return device.firmware().jobs.some((job) => job.phase === 'reviewing')
    ? Math.ceil((clock.now() + 1) / 500) * 500
    : null;
}

function judge(device: DeviceBench, asked: ReadonlyMap<number, EventTemplate>, signed: readonly string[]): void {
  if (new Set(signed).size !== signed.length) throw new Error('a double signature');
  const hashes = new Set<string>();
  for (const [job, event] of asked) {
    const tags = event.tags.map((tag) => [...tag]);
    const id = getEventHash({ ...event, tags, pubkey: realPubkey(device) });
    hashes.add(id);
    const answers = device.answers.get(job) ?? [];
    if (answers.length !== 1) throw new Error(`${answers.length} endings of one request`);
    const [answer] = answers;
    if (answer?.type === 'signature' && answer.id !== id) throw new Error('a wrong answer');
    if (answer?.type === 'signature' && !signed.includes(id)) throw new Error('a signature out of nowhere');
    if (answer?.type !== 'signature' && answer?.type !== 'refused') throw new Error('an answer of another kind');
  }
  if (signed.some((hash) => !hashes.has(hash))) throw new Error('something was signed that nobody asked for');
}

function realPubkey(device: DeviceBench): string {
  const account = accountOf(device.firmware(), 0);
  return typeof account === 'string' ? pubkey : Buffer.from(account.pubkey).toString('hex');
}

function outcomesOf(device: DeviceBench, asked: ReadonlyMap<number, EventTemplate>): Map<string, number> {
  const outcomes = new Map<string, number>();
  for (const job of asked.keys()) {
    const answer = device.answers.get(job)?.[0];
    const name = answer?.type === 'refused' ? answer.refusal.code : (answer?.type ?? 'none');
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  }
  return outcomes;
}
