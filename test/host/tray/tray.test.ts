/** The icon's machine: what it shows of a host, when it sends somebody to the device, and what a click may do. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { glanceAt, looks } from '../../../host/src/core/tray/glance.ts';
import { paintIcon } from '../../../host/src/core/tray/icon.ts';
import { type MenuItem, wishOf } from '../../../host/src/core/tray/menu.ts';
import type { HostSeen, RequestSeen } from '../../../host/src/core/tray/seen.ts';
import {
  coalesceMs,
  lingerMs,
  newTray,
  stepTray,
  type TrayEffect,
  type TrayInput,
  trayDeadline,
} from '../../../host/src/core/tray/tray.ts';
import { hostSeen, labelsOf, requestSeen } from './seen-world.ts';

/** A tray and its clock; `at` moves it, with the ticks that the machine asked for on the way. */
function world() {
  let state = newTray;
  let now = 1_000_000;
  const effects: TrayEffect[] = [];
  const feed = (input: TrayInput): void => {
    const [next, said] = stepTray(state, input, now);
    state = next;
    effects.push(...said);
  };
  const pass = (ms: number): void => {
    const end = now + ms;
    for (let due = trayDeadline(state, now); due !== null && due <= end; due = trayDeadline(state, now)) {
      now = due;
      feed({ type: 'tick' });
    }
    now = end;
  };
  return {
    see: (seen: HostSeen | null) => feed({ type: 'host', seen }),
    feed,
    pass,
    now: () => now,
    taken: () => effects.splice(0),
    deadline: () => trayDeadline(state, now),
  };
}

const notices = (effects: readonly TrayEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'notice' ? [effect.notice] : []));
const menuIn = (effects: readonly TrayEffect[]): readonly MenuItem[] =>
  effects.flatMap((effect) => (effect.type === 'show' ? [effect.picture.menu] : [])).at(-1) ?? [];
const of = (...requests: RequestSeen[]) => hostSeen({ requests });

const deviceSeen = (state: string, channel: string | null, pairing: string | null = null) => ({
  state,
  channel,
  pairing: pairing === null ? null : { state: pairing },
});

test.each([
  ['gone', null],
  ['paused', hostSeen({ killedAt: 5 })],
  ['paused', hostSeen({ pause: { until: 2_000 } })],
  ['ready', hostSeen({ pause: { until: 500 } })],
  ['no_device', hostSeen({ device: deviceSeen('absent', null) })],
  ['locked', hostSeen({ device: deviceSeen('locked', 'paired') })],
  ['locked', hostSeen({ device: deviceSeen('unlocked', 'unpaired') })],
  ['locked', hostSeen({ device: deviceSeen('ready', 'unpaired', 'code') })],
  ['ready', hostSeen({ device: deviceSeen('ready', 'paired', 'paired') })],
  ['relays_down', hostSeen({ relays: [{ state: 'waiting' }] })],
  ['ready', hostSeen({})],
] as const)('the look is %s', (look, seen) => {
  expect(glanceAt(seen, 0, 1_000).look).toBe(look);
});

test('what waits is shown by look and count, beside a locked device by the count alone', () => {
  expect(glanceAt(hostSeen({}), 2, 0)).toMatchObject({ look: 'waiting', waiting: 2 });
  const locked = hostSeen({ device: deviceSeen('locked', 'paired') });
  expect(glanceAt(locked, 2, 0)).toMatchObject({ look: 'locked', waiting: 2 });
});

test('every look is painted in its own way, by form and not by colour alone', () => {
  const inks = looks.map((look) => {
    const pixels = paintIcon(look, false, 22);
    // Where white is, or nothing: the sign and the outline, whatever the colour.
    return Array.from({ length: 22 * 22 }, (_, i) => `${pixels[i * 4 + 3]}${pixels[i * 4] === 255}`).join();
  });
  expect(new Set(inks).size).toBe(looks.length);
  expect(paintIcon('ready', true, 22)).not.toEqual(paintIcon('ready', false, 22));
});

test('one notice for a burst, replaced as it changes, taken away when nothing waits', () => {
  const tray = world();
  tray.see(of(requestSeen(1, 'Coracle')));
  expect(notices(tray.taken())).toEqual([]);
  tray.pass(lingerMs);
  expect(notices(tray.taken())).toEqual([
    {
      title: 'Look at your device',
      body: 'Coracle wants to sign a note.',
      action: { id: 'refuse 1', label: 'Refuse' },
    },
  ]);
  tray.see(of(requestSeen(1, 'Coracle'), requestSeen(2, 'Coracle'), requestSeen(3, 'Damus')));
  tray.pass(lingerMs);
  expect(notices(tray.taken())).toEqual([
    { title: 'Look at your device', body: 'Coracle: 2 requests\nDamus: 1 request', action: null },
  ]);
  tray.see(of());
  tray.pass(coalesceMs);
  expect(notices(tray.taken())).toEqual([null]);
});

test('a request that a grant answers at once is never said to wait', () => {
  const tray = world();
  tray.see(of());
  tray.pass(1_000);
  tray.taken();
  tray.see(of(requestSeen(1)));
  tray.pass(lingerMs - 1);
  tray.see(of());
  tray.pass(10_000);
  expect(tray.taken()).toEqual([]);
});

test('a notice that was closed stays closed until nothing waits', () => {
  const tray = world();
  tray.see(of(requestSeen(1)));
  tray.pass(lingerMs);
  tray.feed({ type: 'notice_closed' });
  tray.see(of(requestSeen(1), requestSeen(2)));
  tray.pass(5_000);
  expect(notices(tray.taken())).toHaveLength(1);
  tray.see(of());
  tray.pass(coalesceMs);
  tray.see(of(requestSeen(3)));
  tray.pass(lingerMs);
  expect(notices(tray.taken())).toHaveLength(1);
});

test('a notice goes when the host does', () => {
  const tray = world();
  tray.see(of(requestSeen(1)));
  tray.pass(lingerMs);
  tray.taken();
  tray.see(null);
  tray.pass(coalesceMs);
  expect(notices(tray.taken())).toEqual([null]);
});

test('however often the host says something, the face is told ten times a second, and the last state in the end', () => {
  const tray = world();
  for (let i = 0; i < 1_000; i++) {
    tray.see(hostSeen({ apps: [{ client: 'ab'.repeat(32), name: `app ${i}`, pause: null }] }));
    tray.pass(1);
  }
  tray.pass(coalesceMs);
  const effects = tray.taken();
  expect(effects.length).toBeLessThanOrEqual(12);
  expect(labelsOf(menuIn(effects))).toContain('app 999 (abababab)');
  tray.see(hostSeen({ apps: [{ client: 'ab'.repeat(32), name: 'app 999', pause: null }] }));
  tray.pass(1_000);
  expect(tray.taken()).toEqual([]);
  expect(tray.deadline()).toBeNull();
});

test('the minutes of a pause go down by themselves, and it ends', () => {
  const tray = world();
  tray.see(hostSeen({ pause: { until: tray.now() + 150_000 } }));
  tray.pass(200_000);
  const said = tray.taken().flatMap((effect) => (effect.type === 'show' ? [effect.picture.glance.words] : []));
  expect(said).toEqual(['Paused: 3 more minutes', 'Paused: 2 more minutes', 'Paused: 1 more minute', 'Ready']);
});

test('names of apps are one short line each, without marks that deceive', () => {
  const tray = world();
  const hostile = `Look at your\u202e device\n${'x'.repeat(500)}`;
  tray.see(
    hostSeen({ requests: [requestSeen(1, hostile)], apps: [{ client: 'ab'.repeat(32), name: hostile, pause: null }] }),
  );
  tray.pass(lingerMs);
  const effects = tray.taken();
  const texts = [...labelsOf(menuIn(effects)), ...notices(effects).map((notice) => notice?.body ?? '')];
  expect(texts.filter((text) => text.includes('Look at your device x')).length).toBeGreaterThanOrEqual(3);
  for (const text of texts) {
    expect(text).not.toMatch(/[\u202e\n]/);
    expect(text.length).toBeLessThan(120);
  }
});

test('the menu refuses what is open, and nothing that is gone', () => {
  const tray = world();
  tray.see(of(requestSeen(7)));
  tray.pass(lingerMs);
  tray.feed({ type: 'click', id: 'refuse 7' });
  tray.feed({ type: 'click', id: 'refuse 8' });
  tray.see(of());
  tray.feed({ type: 'click', id: 'refuse 7' });
  const wishes = tray.taken().filter(({ type }) => type === 'wish');
  expect(wishes).toEqual([{ type: 'wish', wish: { type: 'refuse', number: 7 } }]);
});

test('every item of every menu that can be clicked means something, and nothing approves or resumes what was killed', () => {
  const seenOf = fc.record({
    killedAt: fc.option(fc.constant(5)),
    pause: fc.option(fc.record({ until: fc.option(fc.nat()) })),
    apps: fc.array(
      fc.record({
        client: fc.stringMatching(/^[0-9a-f]{64}$/),
        name: fc.string(),
        pause: fc.constantFrom(null, { until: null }),
      }),
      { maxLength: 30 },
    ),
    requests: fc.array(fc.record({ number: fc.nat(), app: fc.string(), asks: fc.string() }), { maxLength: 30 }),
    web: fc.option(fc.record({ waiting: fc.nat(3) })),
  });
  fc.assert(
    fc.property(seenOf, (parts) => {
      const tray = world();
      tray.see(hostSeen(parts));
      tray.pass(lingerMs);
      const ids = idsOf(menuIn(tray.taken()));
      const types = ids.map((id) => wishOf(id)?.type);
      expect(types).not.toContain(undefined);
      if (parts.killedAt !== null) expect(types).not.toContain('resume');
      // The dashboard and the icon's own end, and else only what narrows or ends a pause that this menu could make.
      const known = ['dashboard', 'quit', 'pause', 'resume', 'refuse', 'pause_app', 'resume_app'];
      expect(types.filter((type) => !known.includes(type ?? ''))).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test('without a host the menu can be quit, and a click on the icon says why nothing opens', () => {
  const tray = world();
  tray.see(null);
  expect(idsOf(menuIn(tray.taken()))).toEqual(['quit']);
  tray.feed({ type: 'click', id: 'dashboard' });
  tray.feed({ type: 'click', id: 'no such' });
  expect(tray.taken()).toEqual([{ type: 'tell', title: 'Sallyport', body: 'Sallyport is not running' }]);
});

test('what did not work is told', () => {
  const tray = world();
  tray.feed({ type: 'failed', why: 'It said no.' });
  expect(tray.taken()).toEqual([{ type: 'tell', title: 'Sallyport', body: 'It said no.' }]);
});

function idsOf(items: readonly MenuItem[]): readonly string[] {
  return items.flatMap(({ id, items: below }) => [...(id === undefined ? [] : [id]), ...idsOf(below ?? [])]);
}
