/**
 * Ports and devices that are not there, are something else, or vanish: said in words, and everything works when they are back.
 * The stories run side by side, because most of each is the patience of the host.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, type TestContext, test } from 'vitest';
import { startPtyDevice } from '../../support/pty-device.ts';
import { type Answer, openApp, type RawApp } from '../../support/raw-app.ts';
import { expectSigned, type Template } from '../../support/story-events.ts';
import { ready, startWhole, type Whole } from '../../support/whole.ts';

const note: Template = { kind: 1, created_at: 1_735_787_045, tags: [], content: 'a good request' };

async function start({ onTestFinished }: TestContext, plugged: boolean): Promise<Whole> {
  const whole = await startWhole({ plugged });
  onTestFinished(whole.close);
  return whole;
}

async function paired(context: TestContext, whole: Whole): Promise<RawApp> {
  const app = await anApp(context, whole);
  expect(await app.connect()).toMatchObject({ result: 'ack' });
  return app;
}

async function anApp({ onTestFinished }: TestContext, whole: Whole): Promise<RawApp> {
  const app = await openApp(whole);
  onTestFinished(app.close);
  return app;
}

/** A good request: asked on the device, approved, signed. */
async function signs(whole: Whole, app: RawApp): Promise<void> {
  const [answer] = await Promise.all([sign(app), whole.device().answer('approve')]);
  expectSigned(JSON.parse(String(answer.result)), note);
}

function sign(app: RawApp): Promise<Answer> {
  return app.ask('sign_event', [JSON.stringify(note)]);
}

function saysPort(whole: Whole, words: RegExp): Promise<string> {
  return whole.host().until(({ port }) => (port !== undefined && words.test(port) ? port : null), String(words));
}

describe.concurrent('a port that is not a device', () => {
  test('it does not exist: the host waits, says so, refuses in words, and goes on when it appears', async (context) => {
    const whole = await start(context, false);
    await saysPort(whole, /^There is no port .*\. Plug the device in/);
    const app = await anApp(context, whole);
    // Nobody is there who could say yes: the line stays as it is.
    expect(await app.connect()).toMatchObject({ error: expect.stringContaining('is not connected. Plug it in') });
    // That a request waits a while for the cable is told on the virtual clock: how long a process takes to start is not ours to say.
    await whole.plug();
    await ready(whole.host());
    expect(await app.connect()).toMatchObject({ result: 'ack' });
    await signs(whole, app);
  });

  test('it is a file: the host says so, and goes on when it is a device', async (context) => {
    const whole = await start(context, false);
    writeFileSync(whole.port, 'letters to nobody\n');
    await saysPort(whole, /is not a serial port\. Name the port of the device\.$/);
    rmSync(whole.port);
    await whole.plug();
    await signs(whole, await paired(context, whole));
  });

  test('it echoes, then it talks nonsense: it is never taken for a device', async (context) => {
    const whole = await start(context, false);
    const other = await startPtyDevice(whole.port);
    context.onTestFinished(other.unplug);
    const unanswered = (line: { device?: { unanswered?: number } }) =>
      (line.device?.unanswered ?? 0) >= 3 ? true : null;
    await whole.host().until(unanswered, 'that nothing answers');
    await other.tell('mute');
    await other.tell('burst 20000');
    const app = await anApp(context, whole);
    expect(await app.connect()).toMatchObject({ error: expect.stringContaining('is not connected') });
    expect(whole.host().lines.filter((line) => line.device?.state === 'ready')).toEqual([]);
    rmSync(whole.port);
    await other.unplug();
    await whole.plug();
    await ready(whole.host());
    expect(await app.connect()).toMatchObject({ result: 'ack' });
    await signs(whole, app);
  });
});

describe.concurrent('a device that is unplugged', () => {
  test('before the request: it is refused in words, and works when the device is back', async (context) => {
    const whole = await start(context, true);
    const app = await paired(context, whole);
    await whole.unplug();
    await saysPort(whole, /unplugged/);
    expect(await sign(app)).toMatchObject({ error: expect.stringContaining('is not connected. Plug it in') });
    await whole.plug();
    await signs(whole, app);
  });

  test('while the human looks at it, and it is back at once: the open request ends with the reason', async (context) => {
    const whole = await start(context, true);
    const app = await paired(context, whole);
    const asking = sign(app);
    await whole.device().prompt();
    await whole.unplug();
    const device = await whole.plug();
    // Which of the two is said when, is told on the virtual clock: how long a process takes to start is not ours to say.
    const { error } = await asking;
    expect(error).toMatch(/(restarted|was unplugged) while the request was open/);
    expect(device.prompts()).toBe(0);
    await signs(whole, app);
  });

  test('while the human looks at it, and it stays away: the open request ends with the reason', async (context) => {
    const whole = await start(context, true);
    const app = await paired(context, whole);
    const asking = sign(app);
    await whole.device().prompt();
    await whole.unplug();
    expect(await asking).toMatchObject({ error: expect.stringContaining('unplugged while the request was open') });
    await whole.plug();
    await signs(whole, app);
  });

  test('right after the approval: the signature or the reason, and no second prompt', async (context) => {
    const whole = await start(context, true);
    const app = await paired(context, whole);
    const asking = sign(app);
    await whole.device().answer('approve');
    await whole.unplug();
    const device = await whole.plug();
    const answer = await asking;
    if (answer.error === undefined) expectSigned(JSON.parse(String(answer.result)), note);
    else expect(answer.error).toMatch(/(restarted|was unplugged) while the request was open/);
    expect(device.prompts()).toBe(0);
    await signs(whole, app);
  });

  test('after the answer: a repeat of the request gets the same answer, and nobody is asked again', async (context) => {
    const whole = await start(context, true);
    const app = await paired(context, whole);
    const params = [JSON.stringify(note)];
    const asking = app.ask('sign_event', params, 'once');
    const [answer] = await Promise.all([asking, whole.device().answer('approve')]);
    await whole.unplug();
    expect(await app.ask('sign_event', params, 'once')).toEqual(answer);
    const device = await whole.plug();
    expect(await app.ask('sign_event', params, 'once')).toEqual(answer);
    expect(device.prompts()).toBe(0);
    await signs(whole, app);
  });
});
