/**
 * The simulator as a program of its own: what it refuses, in one sentence and without a stack (nothing is made by a wrong call); and its
 * own doors in the whole: the cable pulled by its control channel, and the page of `npm start`.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { controlClient } from '../../../host/src/control/client.ts';
import { startProgram } from '../../support/program.ts';
import { openApp } from '../../support/raw-app.ts';
import { expectSigned, type Template } from '../../support/story-events.ts';
import { type HostLine, ready, startHost, startWhole } from '../../support/whole.ts';

const dir = mkdtempSync(join(tmpdir(), 'sallyport-simulator-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const missing = join(dir, 'missing');
const script = join(dir, 'script');
writeFileSync(script, 'approve\n\naprove\n');
const flash = join(dir, 'flash');
writeFileSync(flash, 'no flash image', { mode: 0o600 });

describe.concurrent('it ends at once', () => {
  // What the options alone say is wrong: test/firmware-sim/options.test.ts.
  test.each([
    [2, ['--control', 'zz'], '--control does not take "zz"; it takes the number of a descriptor or unix:PATH.'],
    [1, ['--control', `unix:${missing}/socket`], `There is no directory ${missing}.`],
    [1, ['--control', '77'], 'Descriptor 77 is no open pipe or socket.'],
    [1, ['--listen', 'fd:99'], 'Descriptor 99 is no open pipe or socket.'],
    [1, ['--listen', `tty:${missing}`], `There is no tty ${missing}.`],
    [1, ['--listen', `tty:${flash}`], `${flash} is not a tty.`],
    [1, ['--listen', `unix:${missing}/socket`], `There is no directory ${missing}.`],
    [1, ['--flash', `${missing}/flash`], `There is no directory ${missing} for the flash image.`],
    [1, ['--flash', flash], `The flash image cannot be used: ${flash} is not a flash image of version 1 or 2.`],
    [
      2,
      ['--press', script],
      `the press script ${script}: line 3: "aprove" is not yes, approve, hold, deny, next, back or ignore.`,
    ],
    [
      2,
      ['--press', missing],
      `what presses the keys is approve, deny or a script file, and ${missing} cannot be read.`,
    ],
  ])('with %i for %j', async (code, args, words) => {
    const simulator = startProgram('firmware-sim/bin/sallyport-sim.js', args, { linesFd: 3 });
    expect(await simulator.gone()).toEqual({ code, signal: null });
    expect(simulator.stderr()).toBe(`sallyport-sim: ${words}\n`);
    expect(existsSync(missing)).toBe(false);
  });
});

const note: Template = { kind: 1, created_at: 1_735_787_045, tags: [], content: 'after the cable was moved' };

test('the plug is pulled and put in again: the host says so, and signs afterwards', async (context) => {
  const whole = await startWhole();
  context.onTestFinished(whole.close);
  const app = await openApp(whole);
  context.onTestFinished(app.close);
  expect(await app.connect()).toMatchObject({ result: 'ack' });
  const [host, device] = [whole.host(), whole.device()];
  const before = host.lines.length;
  device.say({ unplug: true });
  await host.until((line) => (line.device?.state === 'absent' ? true : null), 'no device', before);
  device.say({ plug: true });
  await ready(host, before);
  const asking = app.ask('sign_event', [JSON.stringify(note)]);
  const [answer] = await Promise.all([asking, device.answer('approve')]);
  expectSigned(JSON.parse(String(answer.result)), note);
});

test('npm start has a page for the device beside the terminal: its address works once, and whoever may ask the host hears the next', async (context) => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-face-'));
  context.onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const state = join(dir, 'state');
  const host = startHost(['--state', state], { env: { TMPDIR: dir } });
  context.onTestFinished(() => host.signal('SIGKILL'));
  await ready(host);
  expect(Object.keys(host.lines[0] ?? {})).toContain('bunker');
  const first = await host.until(({ simulator }) => simulator?.page ?? null, 'the address of the page');
  const told = async (): Promise<unknown> => {
    const said = await controlClient(state).call('GET /v0/device');
    return said.type === 'answer' ? said.answer.simulator : said;
  };
  expect(await told()).toEqual({ url: first });
  const { origin, hash } = new URL(first);
  expect(await (await fetch(origin)).text()).toContain('SIMULATOR');
  const body = hash.slice(1);
  const session = await fetch(`${origin}/session`, { method: 'POST', headers: { origin }, body });
  expect(await session.json()).toEqual({ bearer: expect.any(String) });
  expect((await fetch(`${origin}/session`, { method: 'POST', headers: { origin }, body })).status).toBe(403);
  const used = ({ simulator }: HostLine) => (simulator?.page === first ? null : (simulator?.page ?? null));
  const next = await host.until(used, 'the next address');
  expect(await told()).toEqual({ url: next });
  const bundle = await controlClient(state).call('GET /v0/diagnostics');
  expect(bundle.type === 'answer' && bundle.answer.status.device.simulator).toBe(null);
  // The screens are on stderr still.
  await host.untilStderr(/SIMULATOR|Sallyport {5}/);
  host.signal('SIGTERM');
  expect(await host.gone()).toEqual({ code: 0, signal: null });
});
