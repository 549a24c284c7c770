/** The control API: who is let in, what its requests do, and that openapi.json says the truth about both. */
import { readFileSync } from 'node:fs';
import { limits } from '@sallyport/device-protocol';
import { expect, test } from 'vitest';
import { controlApp } from '../../../host/src/control/app.ts';
import { openApi } from '../../../host/src/control/openapi.ts';
import { partsOf, type RouteName, routes } from '../../../host/src/control/routes.ts';
import { hashSecret } from '../../../host/src/core/apps/sessions.ts';
import { narrowed } from '../../../host/src/core/narrowing/narrowing.ts';
import { refusalText } from '../../../host/src/core/nip46/refusal.ts';
import { pairedApp } from '../bridge-world.ts';
import { controlWorld } from './control-world.ts';

const note1 = JSON.stringify({ kind: 1, created_at: 1_760_000_000, tags: [], content: 'the text of the note' });
const names = Object.keys(routes) as RouteName[];

test('openapi.json is what the table says', () => {
  const written: unknown = JSON.parse(readFileSync(new URL('../../../host/openapi.json', import.meta.url), 'utf8'));
  expect(written).toEqual(openApi('0'));
});

test('the table is sorted by path, and no handler is without a description', () => {
  const paths = names.map((name) => partsOf(name).path);
  expect(paths).toEqual([...paths].sort());
  for (const name of names) {
    expect(partsOf(name).path).toMatch(/^\/v0\/[a-z0-9/:.-]+$/);
    expect(routes[name].summary).toMatch(/\.$/);
  }
});

test.each([
  [{ origin: 'http://localhost' }, 403],
  [{ origin: 'null' }, 403],
  [{ referer: 'http://sallyport/' }, 403],
  [{ host: 'localhost' }, 403],
  [{ host: 'evil.example' }, 403],
  [{}, 200],
])('a request with %o is answered %i', async (headers, status) => {
  await using(async ({ app }) => {
    const response = await app.request('/v0/status', { headers: { host: 'sallyport', ...headers } });
    expect(response.status).toBe(status);
  });
});

test.each(names.filter((name) => routes[name].access === 'write'))('a door that reads refuses %s', async (name) => {
  await using(
    async ({ app, world }) => {
      const { method, path } = partsOf(name);
      const before = world.state();
      const response = await app.request(path, { method, headers: { host: 'sallyport' } });
      expect(response.status).toBe(403);
      expect(world.state()).toBe(before);
    },
    ['read'],
  );
});

test('what is malformed or too large is refused in words, and nothing of it is quoted', async (context) => {
  const { app, ask } = controlWorld(context);
  const headers = { host: 'sallyport', 'content-type': 'application/json' };
  const post = (body: string, type = 'application/json') =>
    app.request('/v0/rules', { method: 'POST', headers: { ...headers, 'content-type': type }, body });
  for (const body of ['{', '[]', '{"kind":-1}', '{"kind":1,"other":1}', '"SECRET"']) {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('SECRET');
  }
  expect((await post('{}', 'text/plain')).status).toBe(400);
  expect((await post(`"${'x'.repeat(20_000)}"`)).status).toBe(413);
  const long = await post(JSON.stringify({ kind: 1, note: 'x'.repeat(10_000) }));
  expect(await long.json()).toMatchObject({
    error: { words: expect.stringMatching(/^note: \d+ characters at most\.$/) },
  });
  expect(await ask('GET /v0/status', '/v0/nothing')).toMatchObject({
    status: 404,
    said: { error: { code: 'no_route' } },
  });
  expect(await ask('GET /v0/activity', '/v0/activity?limit=1001')).toMatchObject({ status: 400 });
});

test('what is longer than what is kept is refused, and nothing is cut without a word', async (context) => {
  const { ask, world } = controlWorld(context);
  const uri = `nostrconnect://${world.app().pubkey}?relay=wss%3A%2F%2Frelay.example&secret=a1`;
  const words = (said: string) => ({ status: 400, said: { error: { words: said } } });
  const tooLong = 'name: 64 characters at most.';
  const rule = (length: number) => ask('POST /v0/rules', '/v0/rules', { kind: 1, note: 'x'.repeat(length) });
  expect(await rule(121)).toMatchObject(words('note: 120 characters at most.'));
  expect(await ask('POST /v0/secrets', '/v0/secrets', { name: 'x'.repeat(65) })).toMatchObject(words(tooLong));
  expect(await ask('POST /v0/connect', '/v0/connect', { uri, name: 'x'.repeat(65) })).toMatchObject(words(tooLong));
  expect(await rule(120)).toMatchObject({ status: 200 });
  expect(world.state().narrowing.rules).toMatchObject([{ note: 'x'.repeat(120) }]);
  expect(await ask('POST /v0/secrets', '/v0/secrets', { name: 'x'.repeat(64) })).toMatchObject({ status: 200 });
  expect([...world.state().sessions.secrets.values()]).toMatchObject([{ name: 'x'.repeat(64) }]);
});

test('apps are listed, paused, resumed and revoked', async (context) => {
  const { ask, world } = controlWorld(context);
  const app = pairedApp(world);
  expect(await ask('GET /v0/apps', '/v0/apps')).toMatchObject({
    said: { apps: [{ client: app.pubkey, pause: null }] },
  });
  await ask('POST /v0/apps/:client/pause', `/v0/apps/${app.pubkey}/pause`, { minutes: 5 });
  app.send('sign_event', [note1]);
  expect(app.last().error).toContain('The user paused this app for 5 minutes more.');
  expect(world.asks.size).toBe(0);
  await ask('POST /v0/apps/:client/resume', `/v0/apps/${app.pubkey}/resume`);
  app.send('sign_event', [note1]);
  expect(world.asks.size).toBe(1);
  expect((await ask('DELETE /v0/apps/:client', `/v0/apps/${app.pubkey}`)).status).toBe(200);
  expect(app.last().error).toContain('The user ended the session of this app.');
  app.send('ping', []);
  expect(app.last().error).toContain('not paired');
  expect((await ask('DELETE /v0/apps/:client', `/v0/apps/${app.pubkey}`)).status).toBe(404);
});

test('the kill switch ends what is open and refuses everything until somebody resumes', async (context) => {
  const { ask, world } = controlWorld(context);
  const app = pairedApp(world);
  world.newSecret('another');
  app.send('sign_event', [note1]);
  expect(await ask('GET /v0/requests', '/v0/requests')).toMatchObject({
    said: { requests: [{ client: app.pubkey, kind: 1 }] },
  });
  await ask('POST /v0/kill', '/v0/kill');
  expect(app.last().error).toContain('The user stopped this signer.');
  expect(world.log.some(({ type }) => type === 'cancel')).toBe(true);
  const stranger = world.app();
  stranger.send('connect', [world.signer.pubkey, 'another']);
  expect(stranger.last().error).toContain('stopped');
  expect(await ask('GET /v0/status', '/v0/status')).toMatchObject({ said: { killedAt: world.now(), openRequests: 0 } });
  await ask('POST /v0/resume', '/v0/resume');
  app.send('ping', []);
  expect(app.last().result).toBe('pong');
});

test('a rule refuses, a dry run says so beforehand, and nobody is asked by it', async (context) => {
  const { ask, world } = controlWorld(context);
  const app = pairedApp(world);
  const run = (kind: number) =>
    ask('POST /v0/dry-run', '/v0/dry-run', { client: app.pubkey, method: 'sign_event', kind });
  expect(await run(1)).toMatchObject({ said: { answer: 'ask' } });
  expect(await ask('POST /v0/rules', '/v0/rules', { kind: 1, note: 'no notes' })).toMatchObject({
    said: { rules: [{ number: 1 }] },
  });
  const refused = await run(1);
  expect(refused).toMatchObject({ said: { answer: 'refuse' } });
  expect(JSON.stringify(refused.said)).toContain('Rule 1 refuses sign_event of kind 1 of every app (no notes).');
  app.send('sign_event', [note1]);
  expect(app.last().error).toContain('A rule of the user refuses this (no notes).');
  expect(world.asks.size).toBe(0);
  expect(await run(7)).toMatchObject({ said: { answer: 'ask' } });
  expect(await ask('DELETE /v0/rules/:number', '/v0/rules/1')).toMatchObject({ said: { rules: [] } });
  expect((await ask('DELETE /v0/rules/:number', '/v0/rules/1')).status).toBe(404);
});

test.each([
  [{}, 'all'],
  [{ method: 'nip44_decrpyt' }, 'method'],
  [{ method: 'connect' }, 'method'],
  [{ method: 'nip44_decrypt', kind: 4 }, 'kind'],
  [{ kind: 4, all: true }, 'all'],
])('a rule that would refuse nothing, or more than it says, is none: %j', async (rule, part) => {
  await using(async ({ ask, world }) => {
    const { status, said } = await ask('POST /v0/rules', '/v0/rules', rule);
    expect({ status, said }).toMatchObject({ status: 400, said: { error: { code: 'malformed' } } });
    expect(JSON.stringify(said)).toContain(`"words":"${part}: `);
    expect(world.state().narrowing.rules).toEqual([]);
  });
});

test('several lines are open at once, each with its name, permissions, account and end', async (context) => {
  const { ask, world } = controlWorld(context);
  const make = (body: object) => ask('POST /v0/secrets', '/v0/secrets', body);
  const phone = await make({ name: 'phone', perms: 'sign_event:1', minutes: 10, account: 2 });
  await make({ name: 'laptop', ownKey: true });
  const listed = await ask('GET /v0/secrets', '/v0/secrets');
  expect(listed).toMatchObject({
    said: {
      secrets: [
        { name: 'phone', perms: 'sign_event:1', account: 2, ownKey: false, spentBy: null },
        { name: 'laptop', ownKey: true },
      ],
    },
  });
  expect(JSON.stringify(listed.said)).not.toContain('line1');
  world.pass(10 * 60_000 + 1);
  const app = world.app();
  app.send('connect', [world.signer.pubkey, 'line1']);
  expect(app.last().error).toContain('expired');
  app.send('connect', [world.signer.pubkey, 'line2'], { line: hashSecret('line2') });
  expect(await ask('DELETE /v0/secrets/:id', `/v0/secrets/${(phone.said as { id: string }).id}`)).toMatchObject({
    status: 200,
  });
  expect((await ask('DELETE /v0/secrets/:id', '/v0/secrets/00000000')).status).toBe(404);
});

test('the log is searched, told row by row and exported as lines; diagnostics name no app', async (context) => {
  const { ask, world, activity } = controlWorld(context);
  const app = pairedApp(world);
  const ms = { relay: null, queue: null, device: null, total: 1 };
  const row = {
    at: 1,
    client: app.pubkey,
    app: 'Coracle',
    paired: true,
    method: 'ping',
    kind: null,
    outcome: 'answered',
    why: 'w',
    ms,
  };
  for (let count = 0; count < 450; count++) activity.record(row);
  expect(await ask('GET /v0/activity', `/v0/activity?client=${app.pubkey}&limit=2`)).toMatchObject({
    said: { next: 449 },
  });
  expect(await ask('GET /v0/activity/:number', '/v0/activity/7')).toMatchObject({ said: { id: 7, why: 'w' } });
  expect((await ask('GET /v0/activity/:number', '/v0/activity/9999')).status).toBe(404);
  const lines = String((await ask('GET /v0/export', '/v0/export')).said)
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual(
    Array.from({ length: 450 }, (_, n) => 450 - n),
  );
  const bundle = JSON.stringify((await ask('GET /v0/diagnostics', '/v0/diagnostics')).said);
  for (const hidden of [app.pubkey, world.signer.pubkey]) expect(bundle).not.toContain(hidden);
});

test('diagnostics say nothing that was whispered: secrets of lines, names, addresses, keys, notes of rules', async (context) => {
  const { ask, world, activity } = controlWorld(context);
  const app = pairedApp(world);
  const made = await ask('POST /v0/secrets', '/v0/secrets', { name: 'line of Zoe', perms: '', account: 0, minutes: 5 });
  const { uri } = made.said as { uri: string };
  await ask('POST /v0/rules', '/v0/rules', { client: app.pubkey, method: null, kind: 4, note: 'because of Bob' });
  const ms = { relay: null, queue: null, device: null, total: 1 };
  const row = { at: 1, client: app.pubkey, app: 'Coracle', paired: true, method: 'ping', kind: null };
  activity.record({ ...row, outcome: 'answered', why: 'w', ms });
  const narrowing = world.state().narrowing;
  const refusal = narrowed(narrowing, { client: app.pubkey, method: 'sign_event', kind: 4 }, world.now());
  const refused = refusal ?? expect.fail('the rule refuses');
  activity.record({ ...row, outcome: refused.code, why: refusalText(refused), ms });
  const { said } = await ask('GET /v0/diagnostics', '/v0/diagnostics');
  const text = JSON.stringify(said);
  const secret = new URL(uri).searchParams.get('secret');
  const { name } = [...world.state().sessions.apps.values()][0] ?? expect.fail('an app is paired');
  const whispered = [secret, uri, 'line of Zoe', 'because of Bob', name, app.pubkey, world.signer.pubkey];
  for (const hidden of whispered) {
    expect(hidden).toBeTruthy();
    expect(text).not.toContain(hidden);
  }
  expect(text).toContain(app.pubkey.slice(0, 8));
});

test('metrics are Prometheus text', async (context) => {
  const { ask } = controlWorld(context);
  await ask('POST /v0/relays', '/v0/relays', { url: 'wss://one.example' });
  const { said } = await ask('GET /v0/metrics', '/v0/metrics');
  for (const line of String(said).trimEnd().split('\n'))
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? [0-9.e+-]+)$/);
  expect(said).toContain('sallyport_stopped 0\n');
  expect(said).toContain('sallyport_relay_listening{url="wss://one.example"} 0\n');
  expect(said).not.toContain('sallyport_relay_round_trip_seconds{');
});

test('watch begins with a snapshot, and tells changes until its reader is gone', async (context) => {
  const { app, listeners } = controlWorld(context);
  const response = await app.request('/v0/watch', { headers: { host: 'sallyport' } });
  const reader = response.body?.getReader();
  const next = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect(await next()).toMatch(/^event: status\ndata: \{.*"remoteSigner"/);
  const way = { createdAt: null, cameAt: null, sentAt: null };
  const note = {
    type: 'note',
    client: 'ab'.repeat(32),
    method: 'ping',
    kind: null,
    outcome: 'answered',
    why: '',
    way,
  } as const;
  for (const tell of listeners) tell({ type: 'request', note });
  expect(await next()).toBe('event: request\ndata: {"client":"abababab","method":"ping","outcome":"answered"}\n\n');
  expect(await next()).toMatch(/^event: status\n/);
  // What the user changes is told as well, though no machine says a word about it.
  await app.request('/v0/kill', { method: 'POST', headers: { host: 'sallyport' } });
  expect(await next()).toMatch(/^event: status\n.*"killedAt":\d/);
  await reader?.cancel();
  expect(listeners.size).toBe(0);
});

/** A world of its own inside a parametrized test. */
async function using(
  act: (world: ReturnType<typeof controlWorld>) => Promise<void>,
  access?: readonly ('read' | 'write')[],
): Promise<void> {
  const ends: (() => unknown)[] = [];
  const context = { onTestFinished: (end: () => unknown) => ends.push(end) };
  try {
    await act(controlWorld(context, access));
  } finally {
    for (const end of ends) end();
  }
}

test('a device that counts grants on and on is asked for as many as an app can have', async (context) => {
  const { view, world } = controlWorld(context);
  const app = pairedApp(world);
  let asked = 0;
  const askDevice: typeof view.askDevice = async (ask) => {
    if (++asked > 100) expect.fail('it is asked on and on');
    if (ask.method !== 'grants') return expect.fail('it is asked for grants');
    const unlimited = { verdict: 'allow', peer: null, uses: null, perMinute: null, session: false, ms: null } as const;
    const grants = [{ ...unlimited, id: asked, method: 'sign_event', kind: 1 } as const];
    return { type: 'grants', total: 65_535, grants };
  };
  const api = controlApp({ ...view, askDevice }, new Set(['read']));
  const said = await api.request(`/v0/apps/${app.pubkey}/grants`, { headers: { host: 'sallyport' } });
  expect(((await said.json()) as { grants: unknown[] }).grants).toHaveLength(limits.grantsMax);
});

test.each([
  ['POST /v0/accounts/:number/user-key', '/v0/accounts/16/user-key', { on: true }],
  ['POST /v0/accounts/:number/user-key', '/v0/accounts/x/user-key', { on: true }],
  ['POST /v0/secrets', '/v0/secrets', { name: '', perms: '', account: 16, minutes: 5 }],
] as const)('an account that no device can have is told at once: %s of %s', async (route, path, body) => {
  await using(async ({ ask, world }) => {
    const { status, said } = await ask(route, path, body);
    expect({ status, said }).toMatchObject({ status: 400, said: { error: { code: 'malformed' } } });
    expect(world.state().open.size).toBe(0);
  });
});
