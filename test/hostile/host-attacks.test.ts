/**
 * A hostile host at random: thousands of seeded attacks on the firmware by messages, bytes, sessions and time, while a human presses
 * keys as humans do. Nothing is signed but by a press that began after exactly this event was on the screen, nothing crashes, and
 * an honest host is served afterwards.
 *
 * HOSTILE_HISTORIES sets the number of attacks, HOSTILE_SEED replays one.
 */
import { limits, type Request } from '@sallyport/device-protocol';
import { expect, test } from 'vitest';
import {
  chunk,
  type HostileBench,
  type HostileHost,
  hostileBench,
  inputOf,
  serveHonestly,
  signRequest,
} from '../support/hostile-host.ts';
import { between, type Chance, pick } from '../support/random.ts';
import { judge } from '../support/world.ts';

const histories = Number(process.env['HOSTILE_HISTORIES'] ?? 1_000);
const onlySeed = process.env['HOSTILE_SEED'];

/** Requests of all sorts, honest and not. */
function someRequest(draw: Chance, id: number): Request {
  const kind = pick(draw, [0, 1, 1, 1, 3, 14, 15, 24133, 30023, 65_535]);
  const size = draw() < 0.3 ? between(draw, 3_000, 12_000) : between(draw, 0, 300);
  const input = inputOf({ kind, content: `${id} ${'y'.repeat(size)}` });
  const broken =
    draw() < 0.15 ? input.map((byte) => (draw() < 0.05 ? byte ^ (1 << between(draw, 0, 7)) : byte)) : input;
  const length = draw() < 0.1 ? between(draw, 0, limits.resultMax) : broken.length;
  const head = broken.slice(0, draw() < 0.3 ? between(draw, 0, broken.length) : broken.length);
  if (draw() < 0.7) return signRequest(id, broken, length, head);
  const command = pick(draw, ['nip04_encrypt', 'nip04_decrypt', 'nip44_encrypt', 'nip44_decrypt'] as const);
  const body = { account: 0, label: '\u202eevil', peer: new Uint8Array(32).fill(between(draw, 0, 255)) };
  return { type: 'request', id, command, body: { ...body, input: { length, head: head.slice(0, limits.headMax) } } };
}

/** Mostly a fresh even id; sometimes an odd one, a used one, the largest. */
function someId(draw: Chance, used: number[]): number {
  const id = draw() < 0.75 ? (used.length + 1) * 2 : pick(draw, [used[0] ?? 2, used.at(-1) ?? 2, 1, 0, 0xffff_ffff]);
  used.push(id);
  return id;
}

function answerPull(host: HostileHost, draw: Chance): void {
  const pull = host.pulls.splice(between(draw, 0, Math.max(0, host.pulls.length - 1)), 1)[0];
  if (pull === undefined) return;
  const { id, command } = pull;
  if (command === 'chunk_get') {
    const honest = inputOf({ content: 'z'.repeat(20_000) }).slice(
      pull.body.offset,
      pull.body.offset + pull.body.length,
    );
    const filled = new Uint8Array(Math.max(1, Math.min(pull.body.length, limits.chunkMax))).fill(0x79);
    const what = draw();
    if (what < 0.6) host.say(chunk(pull, filled));
    else if (what < 0.8) host.say(chunk(pull, honest.length > 0 ? honest : filled));
    else if (what < 0.9) host.say(chunk({ ...pull, id: between(draw, 0, 40) }, filled));
    else host.say({ type: 'error', id, command, error: 'invalid_params' });
  } else if (draw() < 0.8) host.say({ type: 'reply', id, command: 'chunk_put', body: {} });
  else host.say({ type: 'error', id, command: 'chunk_put', error: 'invalid_params' });
}

type Move = readonly [weight: number, move: (world: HostileBench, used: number[]) => void];

/** What may happen next: the host attacks, time passes, and the human presses keys as humans do, also too early. */
const moves: readonly Move[] = [
  [6, ({ host, draw }, used) => host.say(someRequest(draw, someId(draw, used)))],
  [6, ({ host, draw }) => answerPull(host, draw)],
  [
    2,
    ({ host, draw }, used) =>
      host.say({ type: 'cancel', id: pick(draw, [used.at(-1) ?? 2, 2, 3]), command: 'sign_event' }),
  ],
  [
    2,
    ({ host, draw }, used) =>
      host.say({
        type: 'request',
        id: someId(draw, used),
        command: 'get_result',
        body: { request: pick(draw, [2, 4, 6, 8]) },
      }),
  ],
  [1, ({ host, draw }) => host.raw(Uint8Array.from({ length: between(draw, 1, 700) }, () => between(draw, 0, 255)))],
  [1, ({ host, draw }) => host.say(Uint8Array.from({ length: between(draw, 0, 60) }, () => between(draw, 0, 255)))],
  [1, ({ host }) => host.greet()],
  [6, ({ clock, draw }) => clock.advance(between(draw, 0, 400))],
  [1, ({ clock, draw }) => clock.advance(between(draw, 4_000, 61_000))],
  [3, ({ host, draw }) => host.device.press('approve', draw() < 0.3 ? between(draw, 0, 3_000) : 0)],
  [1, ({ host, draw }) => host.device.press(pick(draw, ['deny', 'next', 'back']))],
];

function attack(seed: number): { readonly signatures: number; readonly prompts: number } {
  const world = hostileBench(seed);
  const used: number[] = [];
  const total = moves.reduce((sum, [weight]) => sum + weight, 0);
  for (let i = between(world.draw, 5, 40); i > 0; i--) {
    let at = world.draw() * total;
    for (const [weight, move] of moves) {
      at -= weight;
      if (at >= 0) continue;
      move(world, used);
      break;
    }
  }
  const { device } = world.host;
  judge(device);
  // A large result that is being pushed again takes a place beside those of the open requests.
  if (device.held() > limits.requestsMax + 1) throw new Error(`it held ${device.held()} requests`);
  const told = { signatures: device.signatures.length, prompts: device.prompts.length };
  serveHonestly(world);
  judge(device);
  return told;
}

test(`${histories} random attacks: nothing signed without a press upon what was shown, and no crash`, () => {
  let signatures = 0;
  let prompts = 0;
  const seeds = onlySeed === undefined ? Array.from({ length: histories }, (_, i) => i + 1) : [Number(onlySeed)];
  for (const seed of seeds) {
    try {
      const told = attack(seed);
      signatures += told.signatures;
      prompts += told.prompts;
    } catch (problem) {
      throw new Error(`seed ${seed}: ${problem instanceof Error ? problem.message : problem}`, { cause: problem });
    }
  }
  console.log(`${seeds.length} attacks: ${prompts} prompts, ${signatures} signatures, each by its press`);
  // Attacks that never reached the screen or the button would prove nothing. One in ten does: most presses are for nothing now.
  if (onlySeed === undefined) expect(signatures).toBeGreaterThan(histories / 20);
});
