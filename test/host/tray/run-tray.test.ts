/** The tray as a client of a host: over the real socket of the control API, on a desktop in this process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { controlClient } from '../../../host/src/control/client.ts';
import { serveControl } from '../../../host/src/control/server.ts';
import { everybody } from '../../../host/src/core/narrowing/narrowing.ts';
import type { Report } from '../../../host/src/report.ts';
import type { Face, FaceEvents, OpenFace } from '../../../host/src/tray/contract.ts';
import { openLinuxFace } from '../../../host/src/tray/linux/linux-face.ts';
import { runTray } from '../../../host/src/tray/run-tray.ts';
import { pairedApp } from '../bridge-world.ts';
import { controlWorld } from '../control/control-world.ts';
import { type Row, startDesktop, startNotifications, startPanel } from './desktop.ts';

const wait = { timeout: 10_000, interval: 5 };
const changed: Report = { type: 'port', words: 'something changed' };

/** A host without a device, whose control socket comes and goes; and a tray that follows it. */
async function hostOfTest(openFace: OpenFace, opens = true) {
  const host = controlWorld({ onTestFinished });
  const state = mkdtempSync(join(tmpdir(), 'sallyport-tray-'));
  let server = await serve();
  async function serve() {
    const served = await serveControl(host.view, state);
    return served.type === 'refused' ? expect.fail(served.words) : served;
  }
  const opened: string[] = [];
  const notes: string[] = [];
  const ending = new AbortController();
  const openAddress = async (url: string): Promise<boolean> => {
    opened.push(url);
    return opens;
  };
  const note = (line: string): void => void notes.push(line);
  const client = controlClient(state);
  const end = runTray({ client, openFace, openAddress, now: Date.now, note, until: ending.signal });
  onTestFinished(async () => {
    ending.abort();
    await end;
    await server.close();
    rmSync(state, { recursive: true, force: true });
  });
  return {
    ...host,
    end,
    opened,
    notes,
    quit: () => ending.abort(),
    /** What the host tells those who watch it, after the world was changed by hand. */
    tell: () => {
      for (const listener of host.listeners) listener(changed);
    },
    crash: () => server.close(),
    restart: async () => {
      server = await serve();
    },
  };
}

/** A face that keeps what it was told. */
function paperFace() {
  const told: Parameters<Face['tell']>[0][] = [];
  let events: FaceEvents | null = null;
  const openFace: OpenFace = async (given) => {
    events = given;
    return { tell: (line) => told.push(line), close: async () => undefined };
  };
  const words = () => told.flatMap((line) => ('setState' in line ? [line.setState.words] : []));
  const says = () => told.flatMap((line) => ('say' in line ? [line.say.body] : []));
  return {
    openFace,
    words,
    says,
    click: (id: string) => events?.said({ click: id }),
    end: () => events?.ended('gone'),
  };
}

const sign = ['sign_event', [JSON.stringify({ kind: 1, content: 'hello', tags: [], created_at: 5 })]] as const;

test('a request reaches panel and notification, is refused there, and both are as before', async () => {
  const desktop = await startDesktop();
  onTestFinished(desktop.close);
  const panel = await startPanel(desktop);
  const server = await startNotifications(desktop);
  const host = await hostOfTest((events) => openLinuxFace(desktop.address, 'test', events));
  const app = pairedApp(host.world);
  app.send(...sign);
  host.tell();
  await vi.waitFor(() => expect(server.shown).toHaveLength(1), wait);
  expect(server.shown[0]?.body).toMatch(/ wants to sign a note\.$/);
  expect(await panel.item()).toMatchObject({ Status: 'NeedsAttention' });
  expect(labels(await panel.rows())).toContain('Refuse');
  server.press(1, server.shown[0]?.actions[2] ?? '');
  await vi.waitFor(() => expect(host.world.state().open.size).toBe(0), wait);
  expect(app.last()).toMatchObject({ error: expect.any(String) });
  host.tell();
  await vi.waitFor(() => expect(server.closed).toEqual([1]), wait);
  await vi.waitFor(async () => expect(await panel.item()).toMatchObject({ Status: 'Active' }), wait);
});

test('it says when the host is gone, and goes on with the next one', async () => {
  const face = paperFace();
  const host = await hostOfTest(face.openFace);
  await vi.waitFor(() => expect(face.words().at(-1)).toBe('No device: plug it in'), wait);
  await host.crash();
  await vi.waitFor(() => expect(face.words().at(-1)).toBe('Sallyport is not running'), wait);
  await host.restart();
  await vi.waitFor(() => expect(face.words().at(-1)).toBe('No device: plug it in'), wait);
});

test('pausing and resuming are asked of the host, and the dashboard is opened by a link that works once', async () => {
  const face = paperFace();
  const host = await hostOfTest(face.openFace);
  const app = pairedApp(host.world);
  const pauses = (): readonly string[] => [...host.world.state().narrowing.pauses.keys()];
  await vi.waitFor(() => expect(face.words().length).toBeGreaterThan(1), wait);
  face.click('pause 60');
  await vi.waitFor(() => expect(pauses()).toEqual([everybody]), wait);
  face.click('resume');
  await vi.waitFor(() => expect(pauses()).toEqual([]), wait);
  face.click(`pause_app ${app.pubkey}`);
  await vi.waitFor(() => expect(pauses()).toEqual([app.pubkey]), wait);
  face.click(`resume_app ${app.pubkey}`);
  await vi.waitFor(() => expect(pauses()).toEqual([]), wait);
  face.click('dashboard');
  await vi.waitFor(() => expect(host.opened).toEqual(['http://127.0.0.1:24133/#code=once']), wait);
  face.click('pair');
  await vi.waitFor(() => expect(host.opened[1]).toBe('http://127.0.0.1:24133/#code=once&to=pair'), wait);
  face.click(`pause_app ${'0'.repeat(64)}`);
  await vi.waitFor(() => expect(face.says()).toHaveLength(1), wait);
});

test('where no browser opens, the way by a terminal is said', async () => {
  const face = paperFace();
  await hostOfTest(face.openFace, false);
  await vi.waitFor(() => expect(face.words().length).toBeGreaterThan(1), wait);
  face.click('dashboard');
  await vi.waitFor(() => expect(face.says()).toEqual([expect.stringContaining('sallyport dashboard')]), wait);
});

test('it ends when it is quit, when it is told to, and with its face', async () => {
  const quit = paperFace();
  const first = await hostOfTest(quit.openFace);
  quit.click('quit');
  expect(await first.end).toBe('quit');
  const second = await hostOfTest(paperFace().openFace);
  second.quit();
  expect(await second.end).toBe('quit');
  const gone = paperFace();
  const third = await hostOfTest(gone.openFace);
  gone.end();
  expect([await third.end, third.notes]).toEqual(['ended', ['gone']]);
  expect(await (await hostOfTest(async () => null)).end).toBe('faceless');
});

function labels(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ label, rows: below }) => [label, ...labels(below)]);
}
