/**
 * `npm run soak`: the long counts. Every stage prints one line; a failure prints its seed, which makes it again.
 *
 *     npm run soak -- [link] [cbor] [frames] [requests] [relay-messages] [fuzz] [kills] [crashes] [hostile-host] [--scale 0.01] [--seed N]
 *
 * Without names all stages run. `--seed N` starts at that seed; with `--scale 0` exactly that one runs.
 * Exit codes: 0 all passed, 1 a stage failed, 2 a wrong call.
 */
import { parseArgs } from 'node:util';
import { cbor } from './cbor.ts';
import { crashes } from './crashes.ts';
import { frames } from './frames.ts';
import { fuzz } from './fuzz.ts';
import { hostileHost } from './hostile-host.ts';
import { kills } from './kills.ts';
import { link } from './link.ts';
import { relayMessages } from './relay-messages.ts';
import { requests } from './requests.ts';
import type { Stage } from './stage.ts';

const stages = new Map<string, Stage>([
  ['link', link],
  ['cbor', cbor],
  ['frames', frames],
  ['requests', requests],
  ['relay-messages', relayMessages],
  ['fuzz', fuzz],
  ['kills', kills],
  ['crashes', crashes],
  ['hostile-host', hostileHost],
]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
});
const [scale, seed] = [Number(values.scale), Number(values.seed)];
const names = positionals.length === 0 ? [...stages.keys()] : positionals;
const unknown = names.filter((name) => !stages.has(name));
if (unknown.length > 0 || !(scale >= 0) || !Number.isSafeInteger(seed)) {
  console.error(`soak: stages are ${[...stages.keys()].join(', ')}; --scale and --seed are numbers`);
  process.exit(2);
}

let failed = false;
for (const name of names) {
  const stage = stages.get(name);
  if (stage === undefined) continue;
  const count = Math.max(1, Math.round(stage.count * scale));
  const seeds = `seeds ${seed}–${seed + count - 1}`;
  const started = performance.now();
  try {
    const words = await stage.run(seed, count);
    console.log(`${name}: passed, ${seeds}, ${((performance.now() - started) / 1000).toFixed(1)} s. ${words}`);
  } catch (problem) {
    failed = true;
    console.log(`${name}: FAILED, ${seeds}. ${problem instanceof Error ? problem.message : problem}`);
  }
}
process.exit(failed ? 1 : 0);
