/**
 * `npm run conformance`: holds a device to PROTOCOL.md over a real port.
 *
 *     npm run conformance -- --port PATH [--quick] [--no-press] [--only WORDS]
 *     npm run conformance -- --simulator [--quick] [--only WORDS]
 *
 * With --port a human is asked to press. Use a device with a key that does not matter: it signs notes of the suite.
 * Exit codes: 0 nothing failed, 1 a rule failed, 2 a wrong call, no port, or a port that vanished.
 */
import { parseArgs } from 'node:util';
import type { Bench } from './bench.ts';
import { openPort } from './port.ts';
import { startSimulator } from './simulator.ts';
import { lineOf, rules, runSuite, summaryOf } from './suite.ts';

const usage = `conformance --port PATH | --simulator [--quick] [--no-press] [--only WORDS]

  --port PATH   the device; you are asked to press its buttons
  --simulator   our own simulator, which presses its own
  --quick       without the rules that take a minute
  --no-press    without the rules that need a press
  --only WORDS  only the rules whose name contains these words`;

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    simulator: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    'no-press': { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help || (values.port === undefined) === !values.simulator) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}

if (!rules.some(({ name }) => name.includes(values.only ?? ''))) {
  console.error(`conformance: no rule's name contains "${values.only}"`);
  process.exit(2);
}

const simulator = values.simulator ? await startSimulator() : null;
const path = simulator?.path ?? values.port ?? '';
const port = await openPort(path).catch((problem: Error) => {
  console.error(`conformance: ${path} cannot be opened: ${problem.message}`);
  process.exit(2);
});

const press: Bench['press'] = async (request, key, words) => {
  if (simulator !== null) return simulator.press(port.bench.until, request, key);
  console.log(`      → on the device: ${key.toUpperCase()} ${words}`);
};
const compare: Bench['compare'] = async (code) => {
  if (simulator !== null) return simulator.compare(port.bench.until, code);
  console.log(`      → the device shows six digits: hold yes there if they are ${code}`);
};
try {
  const verdicts = await runSuite(
    { ...port.bench, press, compare },
    {
      quick: values.quick,
      human: !values['no-press'],
      ...(values.only === undefined ? {} : { only: values.only }),
      told: (verdict) => console.log(lineOf(verdict)),
    },
  );
  console.log(`\n${path}: ${summaryOf(verdicts)}`);
  process.exitCode = verdicts.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
} catch (problem) {
  // Not a rule that is broken, but the world: the port vanished in the middle.
  console.error(`conformance: ${problem instanceof Error ? problem.message : problem}`);
  process.exitCode = 2;
} finally {
  await port.close();
  await simulator?.stop();
}
