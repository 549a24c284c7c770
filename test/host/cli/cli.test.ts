/** The commands, against a host in memory that listens on a real socket: what they say where, and how they end. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSecretKey, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { expect, test, vi } from 'vitest';
import { serveControl } from '../../../host/src/control/server.ts';
import { refuse } from '../../../host/src/core/nip46/refusal.ts';
import { commandNames, main } from '../../../host/src/door.ts';
import { usage } from '../../../host/src/options.ts';
import { loadRemoteSignerKey } from '../../../host/src/store/remote-signer-key.ts';
import { openStore } from '../../../host/src/store/store.ts';
import { pairedApp } from '../bridge-world.ts';
import { controlWorld } from '../control/control-world.ts';
import { cli, cliUntil, directory, running, stdin } from './cli-world.ts';

const row = (client: string) => ({
  at: Date.UTC(2026, 0, 31),
  client,
  app: 'Coracle',
  paired: true,
  method: 'sign_event',
  kind: 1,
  outcome: 'denied',
  why: 'The human said no.',
  ms: { relay: null, queue: 1, device: 2, total: 3 },
});

test('the names of commands that the door knows are those of the CLI, and --help names them', async () => {
  const { out, code } = await cli('--help');
  expect(code).toBe(0);
  const names = [...out.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name).filter((name) => name !== 'help');
  expect(new Set(names.filter((name) => !name?.startsWith('-')))).toEqual(commandNames);
  for (const name of commandNames) expect(usage).toMatch(new RegExp(`\\b${name}\\b`));
});

test('without a host: one sentence on stderr, nothing on stdout, exit code 3', async (context) => {
  const state = directory(context);
  const line = `nostrconnect://${getPublicKey(generateSecretKey())}?relay=wss%3A%2F%2Fr.example&secret=a1`;
  for (const argv of [
    ['status'],
    ['pair', '--json'],
    ['kill'],
    ['app', 'aa', 'revoke'],
    ['device', 'unlock'],
    ['connect', line],
  ]) {
    const { code, out, err } = await cli(...argv, '--state', state);
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(/^sallyport: No Sallyport is running with .*\. Start it: sallyport run\..*\n$/);
  }
});

test.each([
  [['frobnicate']],
  [['why', 'x']],
  [['log', '--since', 'x']],
  [['app', 'aa']],
  [['app', 'aa', 'nosuch']],
  [['pair', '--minutes', '0']],
  [['pause', '--minutes', '999999']],
  [['completion', 'vms']],
  [['udev', '--usb', '1']],
])('a wrong call %j ends with 2 and words of ours', async (argv) =>
  expect(await cli(...argv)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^sallyport: \S/) }),
);

test.each([
  [['requests', 'rejekt', '5'], 'There is no command "requests rejekt". "sallyport requests --help" lists them.\n'],
  [['device', 'x'], 'There is no command "device x". "sallyport device --help" lists them.\n'],
  [
    ['requests', 'reject'],
    'missing required argument \'number\'\nsallyport: "sallyport requests reject --help" says how it is called.\n',
  ],
])('a wrong call %j says what to do next', async (argv, said) =>
  expect(await cli(...argv)).toEqual({ code: 2, out: '', err: `sallyport: ${said}` }),
);

test('what is no command is said to be none, and help helps', async ({ onTestFinished }) => {
  const err = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const out = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  onTestFinished(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  await main(['frobnicate', '--json']);
  expect(process.exitCode).toBe(2);
  expect(err.mock.calls).toEqual([['sallyport: There is no command "frobnicate". --help lists them.']]);
  await main(['help']);
  expect(out.mock.calls).toEqual([[usage]]);
});

test('status, apps, log and why say the same to people and, with --json, to programs', async (context) => {
  const { run, world, activity } = await running(context);
  const app = pairedApp(world);
  const id = activity.record(row(app.pubkey));
  expect((await run('status')).out).toMatch(
    /^running, version 0, since 2025-10-09 .*\ndevice {2}absent: There is no port\.\n/,
  );
  expect(JSON.parse((await run('status', '--json')).out)).toMatchObject({ apps: 1 });
  expect((await run('apps')).out).toMatch(
    new RegExp(`^${app.pubkey} {2}Coracle {2}account 0 {2}since .* asked for sign_event:1\n$`),
  );
  expect((await run('log', '--app', app.pubkey.slice(0, 6), '--kind', '1', '--since', '2026-01-31')).out).toBe(
    `${id}  2026-01-31 00:00:00Z  Coracle  sign_event kind 1  denied  3 ms\n`,
  );
  expect((await run('why', `${id}`)).out).toContain(
    'why     The human said no.\ntook    queue 1 ms, device 2 ms, total 3 ms\n',
  );
  expect(JSON.parse((await run('why', `${id}`, '--json')).out)).toMatchObject({ id, outcome: 'denied' });
  expect(JSON.parse((await run('export')).out)).toMatchObject({ id });
  expect(await run('why', '999')).toMatchObject({
    code: 4,
    out: '',
    err: 'sallyport: The activity log has no such row (any more).\n',
  });
});

test('an outcome is found as rows say it', async (context) => {
  const { run, activity } = await running(context);
  activity.record({ ...row('a'.repeat(64)), outcome: 'timed_out' });
  expect((await run('log', '--outcome', 'timed out')).out).toMatch(/ {2}timed out {2}/);
});

test('relays are listed, added and removed', async (context) => {
  const { run } = await running(context);
  const url = 'wss://relay.example';
  expect(await run('relays')).toEqual({ code: 0, out: '', err: '' });
  expect(await run('relays', 'add', 'https://relay.example')).toMatchObject({
    code: 4,
    err: expect.stringContaining('wss:'),
  });
  expect((await run('relays', 'add', `${url}/`)).out).toBe(`${url}  connecting\n    no request yet\n`);
  const [relay] = JSON.parse((await run('relays', '--json')).out);
  expect(relay).toMatchObject({
    url,
    own: true,
    state: 'connecting',
    connectedAt: null,
    roundTripMs: null,
    auth: null,
  });
  expect(await run('relays', 'remove', 'wss://other.example')).toMatchObject({
    code: 4,
    err: expect.stringContaining('none that was added'),
  });
  expect(await run('relays', 'remove', url, '--at-once')).toEqual({ code: 0, out: '', err: '' });
});

test('a host that runs makes its backup itself, and a device whose log does not hold is a failure', async (context) => {
  const { run } = await running(context);
  const dir = directory(context);
  const [words, file] = [join(dir, 'passphrase'), join(dir, 'backup')];
  writeFileSync(words, 'correct horse\n');
  expect(await run('backup', file, '--passphrase-file', words)).toMatchObject({ code: 0, err: '' });
  expect(readFileSync(file, 'utf8')).toBe('sealed by 13 letters');
  expect(await run('device', 'log')).toMatchObject({
    code: 1,
    out: expect.stringContaining('The signature of the log does not hold.'),
  });
});

test('pair prints the line alone on stdout; it pairs an app', async (context) => {
  const { run, world } = await running(context);
  const { out, err } = await run('pair', '--name', 'phone', '--minutes', '5', '--no-qr');
  expect(out).toMatch(/^bunker:\/\/[0-9a-f]{64}\?secret=\w+\n$/);
  expect(err).toBe('');
  expect((await run('pair')).err).toContain('▀');
  expect([...world.state().sessions.secrets.values()]).toMatchObject([{ name: 'phone' }, { name: '' }]);
});

test('pair --own-key makes a line with a remote-signer key of its own', async (context) => {
  const { run, world } = await running(context);
  await run('pair', '--own-key', '--no-qr');
  await run('pair', '--no-qr');
  expect([...world.state().sessions.secrets.values()].map(({ ownKey }) => ownKey)).toEqual([true, false]);
});

test('a line is made only for an account that is there, and permissions that there are', async (context) => {
  const { run, world } = await running(context);
  expect(await run('pair', '--account', '7', '--no-qr')).toMatchObject({ code: 0 });
  world.feed({ type: 'accounts', device: null, accounts: [{ account: 0, name: '', pubkey: 'a'.repeat(64) }] });
  const { pubkey } = world.app();
  const noAccount = { code: 4, out: '', err: expect.stringContaining('no such account') };
  expect(await run('pair', '--account', '7')).toMatchObject(noAccount);
  const line = `nostrconnect://${pubkey}?relay=wss%3A%2F%2Frelay.example&secret=a1`;
  expect(await run('connect', line, '--account', '7')).toMatchObject(noAccount);
  expect(await run('pair', '--perms', 'get_public_key, sign_event:1,sign_event', '--no-qr')).toMatchObject({ code: 0 });
  for (const perms of ['foo', 'sign_event:x', 'nip44_decrypt:4', 'sign_event:1:2', 'sign_event:1,nip44_decrpyt'])
    expect(await run('pair', '--perms', perms), perms).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('is no permission'),
    });
});

test('pause, resume, kill, rules and revoke do what they say', async (context) => {
  const { run, world } = await running(context);
  const app = pairedApp(world);
  const ping = (): unknown => {
    app.send('ping', []);
    return app.last().error ?? app.last().result;
  };
  expect((await run('pause', '--minutes', '1')).out).toBe('Everything is refused for a minute.\n');
  await run('pause', '--minutes', '5');
  expect(ping()).toContain('paused this signer for 5 minutes more');
  await run('resume');
  expect(ping()).toBe('pong');
  await run('kill');
  expect((await run('status')).out).toMatch(/^STOPPED by the kill switch since /);
  await run('resume');
  await run('app', app.pubkey.slice(0, 8), 'pause');
  expect(ping()).toContain('paused this app');
  await run('app', app.pubkey.slice(0, 8), 'resume');
  expect((await run('rules', 'add', '--kind', '4', '--note', 'no old messages')).out).toBe(
    '1  refuses sign_event of kind 4 of every app  (no old messages)\n',
  );
  expect((await run('dry-run', app.pubkey, 'sign_event', '4')).out).toMatch(
    /✗ Rule 1 refuses .*\nIt would be refused\.\n$/,
  );
  for (const rule of [
    [],
    ['--method', 'nip44_decrpyt'],
    ['--kind', '4', '--method', 'nip44_decrypt'],
    ['--kind', '4', '--all'],
  ])
    expect(await run('rules', 'add', ...rule), rule.join(' ')).toMatchObject({ code: 2, out: '' });
  expect(await run('dry-run', app.pubkey, 'sing_event')).toMatchObject({ code: 2, out: '' });
  expect((await run('rules', 'add', '--all')).out).toContain('2  refuses everything of every app\n');
  await run('rules', 'remove', '2');
  expect(await run('rules', 'remove', '1')).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('There are no rules'),
  });
  expect((await run('app', app.pubkey.slice(0, 8), 'revoke')).code).toBe(0);
  expect((await run('apps')).out).toContain('No app is paired.');
  expect((await run('app', '00', 'revoke')).code).toBe(4);
});

test('a backup keeps key and apps, opens to its passphrase alone, and replaces nothing', async (context) => {
  const dir = directory(context);
  const [old, anew, file, words] = ['old', 'new', 'backup', 'passphrase'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ];
  writeFileSync(words, 'correct horse\n');
  const key = loadRemoteSignerKey(old);
  const store = openStore(old);
  if (store.type === 'refused' || key.type === 'refused') throw new Error('no state');
  store.saveSetting('narrowing', '{}');
  expect(await cli('backup', file, '--state', old, '--passphrase-file', words)).toMatchObject({ code: 1, out: '' });
  store.close();
  expect((await cli('backup', file, '--state', old)).code).toBe(2);
  expect((await cli('backup', file, '--state', old, '--passphrase-file', words)).code).toBe(0);
  expect(readFileSync(file).includes(Buffer.from(key.secret).toString('hex'))).toBe(false);
  expect((await cli('backup', file, '--state', old, '--passphrase-file', words)).err).toContain('there already');

  writeFileSync(words, 'another horse');
  expect((await cli('restore', `${file}s`, '--state', anew)).err).toContain('is not there.');
  expect((await cli('restore', file, '--state', anew, '--passphrase-file', words)).err).toContain(
    'The passphrase is wrong',
  );
  writeFileSync(words, 'correct horse');
  expect((await cli('restore', file, '--state', anew, '--passphrase-file', words)).code).toBe(0);
  expect(loadRemoteSignerKey(anew)).toMatchObject({ secret: key.secret, isNew: false });
  const restored = openStore(anew);
  if (restored.type === 'refused') throw new Error(restored.words);
  expect(restored.setting('narrowing')).toBe('{}');
  restored.close();
  expect((await cli('restore', file, '--state', anew, '--passphrase-file', words)).err).toContain(
    'has a state already',
  );

  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(file, bytes);
  expect((await cli('restore', file, '--state', join(dir, 'third'), '--passphrase-file', words)).code).toBe(1);
});

test('a service runs what runs now, with what the runtime was told; it is none without a device', async (context) => {
  const state = directory(context);
  const service = (...options: string[]) =>
    cli('service', 'install', '--print', '--json', '--state', state, '--', ...options);
  const made = await service('--usb', '303a:1001');
  expect(made).toMatchObject({ code: 0, err: '' });
  const { text } = JSON.parse(made.out);
  const words = ['--conditions=of-the-sources', '/opt/sallyport.js', 'run', '--state', state, '--usb', '303a:1001'];
  let from = text.indexOf(process.execPath);
  for (const word of words) {
    expect(text.indexOf(word, from), word).toBeGreaterThan(from);
    from = text.indexOf(word, from);
  }
  const port = ['--port', '/dev/ttyACM0'];
  for (const options of [[], ['--relay', 'wss://r.example'], ['--help'], ['--prot', 'x'], [...port, '--state', 'x']])
    expect(await service(...options), options.join(' ')).toMatchObject({ code: 2, out: '' });
});

test('grants are listed, proposed to the device with their limits, and taken away', async (context) => {
  const { run, world, asked } = await running(context);
  const { pubkey: client } = pairedApp(world);
  expect(await run('grants', client.slice(0, 8))).toMatchObject({
    code: 0,
    out: expect.stringContaining('asks about everything'),
  });
  const limited = ['--uses', '5', '--per-minute', '2', '--minutes', '60', '--session'];
  expect(await run('grants', client, 'propose', 'sign_event:1,nip44_decrypt', ...limited)).toMatchObject({
    code: 0,
    out: 'Given: 2 of 2.\n',
    err: expect.stringContaining('Look at the device'),
  });
  expect(await run('grants', client, 'revoke', '3')).toMatchObject({ code: 0 });
  const keys = { client, remoteSigner: world.signer.pubkey };
  const limits = { verdict: 'allow', peer: null, uses: 5, perMinute: 2, session: true, ms: 3_600_000 };
  expect(asked).toEqual([
    { method: 'grants', ...keys, from: 0 },
    {
      method: 'grants_propose',
      ...keys,
      grants: [
        { ...limits, method: 'sign_event', kind: 1 },
        { ...limits, method: 'nip44_decrypt', kind: null },
      ],
    },
    { method: 'grant_revoke', ...keys, grant: 3 },
  ]);
  for (const what of ['sign_event', 'sign_event:14', 'ping']) {
    expect(await run('grants', client, 'propose', what), what).toMatchObject({ code: 2 });
  }
});

test('an event on stdin is signed in the name of this computer, and checked before it is said', async (context) => {
  const { run, asked } = await running(context);
  stdin.text = JSON.stringify({ kind: 1, content: 'hello' });
  const { code, out, err } = await run('sign');
  expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('Look at the device') });
  expect(verifyEvent(JSON.parse(out))).toBe(true);
  expect(asked).toMatchObject([{ method: 'sign_event', account: 0, label: 'sallyport sign', event: { tags: [] } }]);
  stdin.text = JSON.stringify({ kind: 1, content: 'hello', pubkey: 'a'.repeat(64) });
  expect(await run('sign')).toMatchObject({ code: 4, out: '' });
  stdin.text = JSON.stringify({ kind: 14, content: 'a rumor' });
  expect(await run('sign')).toMatchObject({ code: 4, out: '' });
  stdin.text = 'hello';
  expect(await run('sign')).toMatchObject({ code: 2 });
});

test('the device is locked, and asked to ask for its PIN', async (context) => {
  const { run, asked, world } = await running(context);
  world.feed({ type: 'device', device: { life: 'ready', knowsApps: true } });
  expect(await run('device', 'lock')).toMatchObject({ code: 0 });
  world.feed({ type: 'device', device: { life: 'locked', knowsApps: true } });
  expect(await run('device', 'lock')).toMatchObject({ code: 0 });
  expect(await run('device', 'unlock')).toMatchObject({ code: 0 });
  expect(asked).toEqual([{ method: 'lock' }, { method: 'accounts' }]);
});

test('a device without a PIN is not locked, and that is why', async (context) => {
  const { view } = controlWorld(context);
  const state = join(directory(context), 'state');
  const askDevice = async () => ({ type: 'refused', refusal: refuse('wrong_state', 'It cannot.', 'Look.') }) as const;
  const server = await serveControl({ ...view, askDevice }, state);
  if (server.type === 'refused') throw new Error(server.words);
  context.onTestFinished(server.close);
  expect(await cli('device', 'lock', '--state', state)).toMatchObject({
    code: 4,
    err: expect.stringContaining('no PIN'),
  });
});

test('an app that shows a line is paired by it; a line that is none is refused', async (context) => {
  const { run, world } = await running(context);
  const { pubkey } = world.app();
  stdin.text = `nostrconnect://${pubkey}?relay=wss%3A%2F%2Frelay.example&secret=a1&name=Its+name\n`;
  expect(await run('connect', '-', '--name', 'Mine', '--account', '2')).toMatchObject({
    code: 0,
    out: expect.stringContaining('Paired with Mine.'),
  });
  expect(world.kept().apps).toMatchObject([{ client: pubkey, account: 2, name: 'Mine' }]);
  expect(await run('connect', 'bunker://abc')).toMatchObject({
    code: 4,
    err: expect.stringMatching(/^sallyport: .*goes into the app/),
  });
});

test('whoever goes away while the device asks has its question taken back', async (context) => {
  const { view } = controlWorld(context);
  const state = join(directory(context), 'state');
  const asking = Promise.withResolvers<void>();
  const takenBack = Promise.withResolvers<void>();
  const askDevice: typeof view.askDevice = (_ask, until) => {
    until.addEventListener('abort', () => takenBack.resolve());
    asking.resolve();
    return new Promise(() => undefined);
  };
  const server = await serveControl({ ...view, askDevice }, state);
  if (server.type === 'refused') throw new Error(server.words);
  context.onTestFinished(server.close);
  const ending = new AbortController();
  const ran = cliUntil(ending.signal, 'device', 'unlock', '--state', state);
  await asking.promise;
  ending.abort();
  expect(await ran).toMatchObject({ code: 1, out: '', err: expect.stringContaining('given up') });
  await takenBack.promise;
});
