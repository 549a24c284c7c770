/**
 * `npm run bench`: how fast the parts are and the whole is, as ratios to something plain that runs beside it. Times depend on the
 * machine; ratios hardly do. Nothing is asserted.
 *
 *     npm run bench -- [--quick] [--only frames,envelopes,cbor,hostile,memory,product,flood,scale,companion,pages] [--cpu-prof DIR]
 */
import { parseArgs } from 'node:util';
import { benchCbor, benchHostileCbor } from './cbor.ts';
import { benchCompanion } from './companion.ts';
import { benchEnvelopes } from './envelopes.ts';
import { benchFlood } from './flood.ts';
import { benchFrames } from './frames.ts';
import { benchMemory } from './memory.ts';
import { benchPages } from './pages.ts';
import { benchProduct } from './product.ts';
import { benchScale } from './scale.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'cpu-prof': { type: 'string' },
  },
});
const effort = { quick: values.quick };
const benches = new Map<string, () => string | Promise<string>>([
  ['frames', () => benchFrames(effort)],
  ['envelopes', () => benchEnvelopes(effort)],
  ['cbor', () => benchCbor(effort)],
  ['hostile', () => benchHostileCbor(effort)],
  ['memory', () => benchMemory(effort)],
  ['product', () => benchProduct(effort, values['cpu-prof'] ?? null)],
  ['flood', () => benchFlood(effort)],
  ['scale', () => benchScale(effort)],
  ['companion', () => benchCompanion(effort)],
  ['pages', () => benchPages(effort)],
]);

const wanted = values.only?.split(',') ?? [...benches.keys()];
for (const name of wanted) {
  const bench = benches.get(name);
  if (bench === undefined) throw new Error(`no bench is called ${name}: ${[...benches.keys()].join(', ')}`);
  console.log(await bench());
}
