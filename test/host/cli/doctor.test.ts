/** The doctor, on computers that have each trouble it knows: it finds that one, says what to do, and nothing else. */
import { expect, test } from 'vitest';
import { examine, type Finding } from '../../../host/src/cli/doctor.ts';
import type { Machine } from '../../../host/src/cli/machine.ts';
import type { ControlClient } from '../../../host/src/control/client.ts';

const healthy: Machine = {
  runtime: { version: '24.0.0', path: '/opt/node' },
  exists: () => true,
  read: (path) =>
    path === '/tray' ? 'Exec=/usr/node /opt/sallyport.js tray' : 'ExecStart=/opt/node /opt/sallyport.js run',
  othersMay: () => null,
  programs: () => ['systemd', ''],
  ports: () => [{ path: '/dev/ttyACM0', mayOpen: true }],
  now: () => 1_000_000,
  clockOf: async () => 1_000_500,
};

const relay = { url: 'wss://relay.example', state: 'listening', reason: null, queued: 0 };
const device = {
  state: 'ready',
  model: 'Board',
  firmware: '1',
  channel: 'paired',
  port: null,
  accounts: [],
  simulator: null,
};
const status = { killedAt: null, dashboard: 'open', device, relays: [relay] };

const files = { service: '/unit', tray: '/tray' };

/** A host that says this is its status; null: none runs. */
function host(said: object | null): ControlClient {
  const absent = { type: 'absent', code: 'not_running', words: 'No Sallyport is running.', advice: 'Start it.' };
  const call = async () => (said === null ? absent : { type: 'answer', answer: said });
  return { call, stream: async () => expect.fail('the doctor asks once') } as unknown as ControlClient;
}

const troubles = async (machine: Partial<Machine>, said: object | null = status): Promise<readonly Finding[]> => {
  const findings = await examine('/state', host(said), files, { ...healthy, ...machine });
  return findings.filter(({ ok }) => !ok);
};

test('where there is no service, a host that nobody started is no trouble', async () => {
  expect(await troubles({ read: () => null }, null)).toEqual([]);
});

test('a computer without trouble: everything that was looked at is named, and is well', async () => {
  const findings = await examine('/state', host(status), files, healthy);
  expect(findings.map(({ about }) => about)).toEqual([
    'runtime',
    'state',
    'service',
    'tray',
    'modem_manager',
    'port',
    'host',
    'dashboard',
    'device',
    'relay',
    'clock',
  ]);
  expect(findings.every(({ ok }) => ok)).toBe(true);
});

test.each<[string, Partial<Machine>, RegExp]>([
  ['state', { othersMay: () => 'Others may open /state.' }, /chmod 700 '\/state'/],
  [
    'service',
    { exists: (path) => path !== '/opt/node' },
    /starts \/opt\/node, which is not there\. .* service install/,
  ],
  ['service', { read: (path) => (path === '/tray' ? null : '[Unit]') }, /names no runtime/],
  ['modem_manager', { programs: () => ['ModemManager'] }, /sallyport udev/],
  ['port', { ports: () => [{ path: '/dev/ttyUSB1', mayOpen: false }] }, /ttyUSB1 may not be opened/],
  ['clock', { clockOf: async () => 1_000_000 - 3_600_000 }, /3600 s apart\. Set the clock/],
])('a computer with a trouble of its %s', async (about, machine, words) => {
  expect(await troubles(machine)).toEqual([{ about, ok: false, words: expect.stringMatching(words) }]);
});

test.each<[string, object | null, RegExp]>([
  ['host', null, /No Sallyport is running/],
  ['host', { ...status, killedAt: 5 }, /sallyport resume/],
  ['device', { ...status, device: { ...device, model: null, port: 'There is no port /dev/x.' } }, /no port \/dev\/x/],
  ['relay', { ...status, relays: [{ ...relay, state: 'failed' }] }, /relay\.example: failed/],
  ['relay', { ...status, relays: [{ ...relay, state: 'deaf', reason: 'It delivers nothing.' }] }, /deaf\. It delivers/],
])('a host with a trouble of its %s', async (about, said, words) => {
  expect(await troubles({}, said)).toEqual([{ about, ok: false, words: expect.stringMatching(words) }]);
});

test('no service and no state yet are no trouble, and a relay that says no time has no clock', async () => {
  expect(await troubles({ read: () => null, exists: () => false, clockOf: async () => null })).toEqual([]);
});

test('a page that nobody built, and an icon whose runtime is gone, are told', async () => {
  expect(await troubles({}, { ...status, dashboard: 'unbuilt' })).toMatchObject([
    { about: 'dashboard', words: expect.stringContaining('npm run pages') },
  ]);
  const read = (path: string) => (path === '/tray' ? 'Exec=/gone/node /opt/sallyport.js tray' : healthy.read(path));
  const exists = (path: string) => path !== '/gone/node';
  expect(await troubles({ read, exists })).toMatchObject([
    { about: 'tray', words: expect.stringContaining('/gone/node, which is not there') },
  ]);
});
