/** The simulator's own doors in the whole: the cable pulled by its control channel, and the browser face of `npm start`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApp } from '../../support/raw-app.ts';
import { expectSigned, type Template } from '../../support/story-events.ts';
import { ready, startHost, startWhole } from '../../support/whole.ts';

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

test('npm start --sim-face browser: the address is on stderr, and shows the device to whoever has its token', async (context) => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-face-'));
  context.onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const host = startHost(['--sim-face', 'browser'], { env: { TMPDIR: dir } });
  context.onTestFinished(() => host.signal('SIGKILL'));
  await ready(host);
  expect(Object.keys(host.lines[0] ?? {})).toContain('bunker');
  await host.untilStderr(/can be seen at http:\/\/127\.0\.0\.1:\d+\/#\S+/);
  const { origin, hash } = new URL(/http:\/\/127\S+/.exec(host.stderr())?.[0] ?? '');
  const page = await fetch(origin);
  expect(await page.text()).toContain('SIMULATOR');
  const session = await fetch(`${origin}/session`, { method: 'POST', headers: { origin }, body: hash.slice(1) });
  expect(await session.json()).toEqual({ bearer: expect.any(String) });
  expect((await fetch(`${origin}/session`, { method: 'POST', body: hash.slice(1) })).status).toBe(403);
  host.signal('SIGTERM');
  expect(await host.gone()).toEqual({ code: 0, signal: null });
});
