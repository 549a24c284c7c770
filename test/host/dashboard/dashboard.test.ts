/** The door of the dashboard: who is let in by what, and every stranger that is not. Real HTTP, as a browser and as a program speak it. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { builtPage, readPage } from '../../../host/src/dashboard/files.ts';
import { connections, isOfAnotherUser, userOf } from '../../../host/src/dashboard/peer.ts';
import { serveDashboard } from '../../../host/src/dashboard/server.ts';
import { codeMade, exchanged, isLetIn, leftBy, noWaysIn, wayInLimits } from '../../../host/src/dashboard/ways-in.ts';
import { controlWorld } from '../control/control-world.ts';

type Sent = { readonly method?: string; readonly path?: string; readonly headers?: object; readonly body?: string };
type Said = { readonly status: number; readonly text: string; readonly headers: NodeJS.Dict<string | string[]> };

async function open() {
  const { view } = controlWorld({ onTestFinished });
  const dashboard = await serveDashboard(0, view);
  onTestFinished(dashboard.close);
  const { port } = new URL(dashboard.newAddress());
  const own = `http://127.0.0.1:${port}`;
  const json = { 'content-type': 'application/json' };

  function ask({ method = 'GET', path = '/v0/status', headers = {}, body = '' }: Sent): Promise<Said> {
    return new Promise((settle, fail) => {
      const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
      const asked = request({ port, method, path, headers: { ...length, ...headers } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => settle({ status: response.statusCode ?? 0, text, headers: response.headers }));
      });
      asked.on('error', fail);
      asked.end(body);
    });
  }
  const enter = (url: string, headers: object = {}): Promise<Said> =>
    ask({
      method: 'POST',
      path: '/session',
      headers: { ...json, ...headers },
      body: JSON.stringify({ code: url.split('#code=')[1] }),
    });
  const bearer = async (): Promise<string> => JSON.parse((await enter(dashboard.newAddress())).text).bearer;
  return { dashboard, port, own, json, ask, enter, bearer };
}

test('a code lets one page in, once, and what it was exchanged for opens the API', async () => {
  const { dashboard, ask, enter } = await open();
  const url = dashboard.newAddress();
  const first = await enter(url);
  expect(first.status).toBe(200);
  const headers = { authorization: `Bearer ${JSON.parse(first.text).bearer}` };
  expect((await ask({ headers })).status).toBe(200);
  const again = await enter(url);
  expect(again.status).toBe(403);
  expect(JSON.parse(again.text).error.code).toBe('unknown_code');
  expect((await ask({ method: 'DELETE', path: '/session', headers })).status).toBe(200);
  expect((await ask({ headers })).status).toBe(401);
});

test('without a bearer, or with a wrong one, nothing is read and nothing is done', async () => {
  const { ask, json } = await open();
  for (const headers of [{}, { authorization: 'Bearer ' }, { authorization: 'Bearer wrong' }, { cookie: 'a=b' }]) {
    expect((await ask({ headers })).status).toBe(401);
    expect((await ask({ method: 'POST', path: '/v0/kill', headers: { ...json, ...headers } })).status).toBe(401);
  }
});

test('an address that somebody typed and that is no page is said to be none', async () => {
  const { ask } = await open();
  const typed = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' };
  expect(await ask({ path: '/nonsense', headers: typed })).toMatchObject({
    status: 404,
    text: expect.stringContaining('There is no such page.'),
  });
  expect((await ask({ path: '/v0/status', headers: typed })).status).toBe(403);
});

test('another Host, another Origin and another site are refused, also with the bearer', async () => {
  const { ask, bearer, port, own, enter, dashboard } = await open();
  const authorization = `Bearer ${await bearer()}`;
  const status = async (headers: object, path = '/v0/status'): Promise<number> =>
    (await ask({ path, headers: { authorization, ...headers } })).status;
  expect(await status({ origin: own, 'sec-fetch-site': 'same-origin' })).toBe(200);
  // A name of somebody else that resolves to this computer (DNS rebinding).
  for (const host of [`evil.example:${port}`, `127.0.0.1:${Number(port) + 1}`, '127.0.0.1', `[::1]:${port}`])
    for (const path of ['/', '/v0/status']) expect(await status({ host }, path)).toBe(421);
  for (const origin of ['https://evil.example', 'null', `https://127.0.0.1:${port}`, 'http://127.0.0.1:1'])
    expect(await status({ origin })).toBe(403);
  for (const site of ['cross-site', 'same-site', 'none']) expect(await status({ 'sec-fetch-site': site })).toBe(403);
  const url = dashboard.newAddress();
  expect((await enter(url, { origin: 'https://evil.example' })).status).toBe(403);
  expect((await enter(url, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await enter(url)).status).toBe(200);
});

test('a form of another site, a body of another type and one that is too large are no code', async () => {
  const { ask, dashboard, json, bearer } = await open();
  const code = dashboard.newAddress().split('#code=')[1];
  const body = JSON.stringify({ code });
  const post = async (headers: object, text: string): Promise<number> =>
    (await ask({ method: 'POST', path: '/session', headers, body: text })).status;
  expect(await post({ 'content-type': 'text/plain' }, body)).toBe(403);
  expect(await post(json, `${body}${' '.repeat(200)}`)).toBe(403);
  expect(await post(json, '{')).toBe(403);
  expect(await post(json, '"text"')).toBe(403);
  expect(await post(json, body)).toBe(200);
  const headers = { ...json, authorization: `Bearer ${await bearer()}` };
  const huge = JSON.stringify({ uri: 'x'.repeat(20_000) });
  expect((await ask({ method: 'POST', path: '/v0/connect', headers, body: huge })).status).toBe(413);
});

test('a page makes no way in for another', async () => {
  const { ask, bearer } = await open();
  const headers = { authorization: `Bearer ${await bearer()}` };
  expect((await ask({ method: 'POST', path: '/v0/dashboard', headers })).status).toBe(403);
});

test('every answer forbids frames, scripts of others and reading by other sites', async () => {
  const { ask } = await open();
  for (const path of ['/', '/v0/status', '/nowhere']) {
    const { headers } = await ask({ path });
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['set-cookie']).toBeUndefined();
  }
});

test('a port that is taken is no reason to have no dashboard', async () => {
  const taken = createServer();
  await new Promise<void>((settle) => taken.listen(0, '127.0.0.1', settle));
  onTestFinished(() => void taken.close());
  const address = taken.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const { view } = controlWorld({ onTestFinished });
  const dashboard = await serveDashboard(address.port, view);
  onTestFinished(dashboard.close);
  expect(new URL(dashboard.newAddress()).port).not.toBe(`${address.port}`);
});

test('only what the build left is served, by its name and by no path', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-page-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  expect(readPage(dir)).toBeNull();
  writeFileSync(join(dir, 'index.html'), '<p>page</p>');
  writeFileSync(join(dir, 'notes.key'), 'secret');
  expect([...(readPage(dir)?.keys() ?? [])]).toEqual(['/']);
});

test('codes and bearers end by time, by number, and when they were used', () => {
  const { codeMs, codesMax, bearerMs, bearersMax } = wayInLimits;
  const made = codeMade(noWaysIn, 'code', 0);
  expect(exchanged(made, 'code', 'b', codeMs)[1]).toBe('unknown_code');
  const [inside, said] = exchanged(made, 'code', 'b', codeMs - 1);
  expect(said).toBe('let_in');
  expect(exchanged(inside, 'code', 'c', 0)[1]).toBe('unknown_code');
  expect(isLetIn(inside, 'b', codeMs)).toBe(true);
  expect(isLetIn(inside, 'c', codeMs)).toBe(false);
  expect(isLetIn(inside, 'b', codeMs + bearerMs)).toBe(false);
  expect(isLetIn(leftBy(inside, 'b'), 'b', codeMs)).toBe(false);
  let many = noWaysIn;
  for (let at = 0; at <= codesMax; at++) many = codeMade(many, `code ${at}`, 0);
  expect(many.codes.size).toBe(codesMax);
  expect(exchanged(many, 'code 0', 'b', 0)[1]).toBe('unknown_code');
  let tabs = noWaysIn;
  for (let at = 0; at <= bearersMax; at++) [tabs] = exchanged(codeMade(tabs, 'x', 0), 'x', `tab ${at}`, 0);
  expect(isLetIn(tabs, 'tab 0', 1)).toBe(false);
  expect(isLetIn(tabs, `tab ${bearersMax}`, 1)).toBe(true);
});

test('who tries codes is told to stop, and keeps nobody out who has one', () => {
  let ways = codeMade(noWaysIn, 'good', 0);
  const said: string[] = [];
  for (let at = 0; at <= wayInLimits.wrongMax; at++) {
    const [next, word] = exchanged(ways, `guess ${at}`, 'b', at);
    ways = next;
    said.push(word);
  }
  expect(said.at(-2)).toBe('unknown_code');
  expect(said.at(-1)).toBe('too_many_tries');
  expect(exchanged(ways, 'again', 'b', wayInLimits.wrongWithinMs + 20)[1]).toBe('unknown_code');
  expect(exchanged(ways, 'good', 'b', 30)[1]).toBe('let_in');
});

test.runIf(process.platform === 'linux')('the system says whose a connection is', async () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:5E45 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1
   1: 0100007F:C350 0100007F:5E45 01 00000000:00000000 00:00000000 00000000  1001        0 2
   2: 0100007F:5E45 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 3`;
  expect(userOf(table, '127.0.0.1', 0xc350, 0x5e45)).toBe(1001);
  expect(userOf(table, '127.0.0.1', 0xc351, 0x5e45)).toBeNull();
  const { port, ask } = await open();
  // Our own connection is found in the real table, or this would be let through for want of an answer.
  expect((await ask({ path: '/' })).status).not.toBe(0);
  expect(isOfAnotherUser({ remoteAddress: '127.0.0.1', remotePort: 1, localPort: Number(port) })).toBe(false);
});

test.runIf(process.platform === 'linux').each([
  ['as most do', { host: '127.0.0.1' }],
  ['from another address of the loopback', { host: '127.0.0.1', localAddress: '127.0.0.2' }],
  ['by a socket of IPv6', { host: '::ffff:127.0.0.1' }],
])('the system says whose a connection is that comes %s', async (_, way) => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const [[here], there] = await Promise.all([
    once(server, 'connection') as Promise<[Socket]>,
    once(connect({ port, ...way }), 'connect').then(() => port),
  ]);
  expect(userOf(connections(), here.remoteAddress ?? '', here.remotePort ?? 0, there)).toBe(process.getuid?.());
  here.destroy();
  server.close();
});

test('all that the browser loads weighs less than 60 kB', () => {
  const files = [...(readPage(builtPage('dashboard'))?.values() ?? [])];
  expect(files.length).toBeGreaterThan(2);
  expect(files.reduce((sum, { gzip }) => sum + gzip.length, 0)).toBeLessThan(60_000);
});
