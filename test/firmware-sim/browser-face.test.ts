/** The browser face over real HTTP: who gets in, what flows, and that a press counts only for the screen that was seen. */
import { request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BrowserFace, browserFace } from '../../firmware-sim/src/faces/browser.ts';
import type { SimulatedDevice } from '../../firmware-sim/src/simulated-device.ts';
import { decodePng } from '../support/png.ts';
import { simulated } from '../support/simulated.ts';

type View = { readonly count: number; readonly png: string; readonly rows: string[] | null; readonly board: string };
type Answer = { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string };

let device: SimulatedDevice;
let face: BrowserFace;
let addresses: string[];

beforeEach(async () => {
  ({ device } = await simulated());
  addresses = [];
  face = await browserFace(device);
  face.watch((url) => addresses.push(url));
});
afterEach(async () => {
  face.close();
  await device.close();
});

const origin = (): string => new URL(face.url()).origin;
const token = (): string => new URL(face.url()).hash.slice(1);

/** node:http, because fetch does not let a test lie about Host and Origin. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  const { hostname, port, host } = new URL(face.url());
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, method, path, headers: { host, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    asking.on('error', reject);
    // A GET has no body; one that has is refused by Node itself.
    asking.end(method === 'GET' ? '' : body);
  });
}

async function enter(): Promise<Record<string, string>> {
  const { status, body } = await ask('POST', '/session', { origin: origin() }, token());
  expect(status).toBe(200);
  return { origin: origin(), authorization: `Bearer ${JSON.parse(body).bearer}` };
}

/** Follows the events until `enough` of them have come. */
async function events(headers: Record<string, string>, enough: number, act: () => unknown): Promise<View[]> {
  const stop = new AbortController();
  const response = await fetch(`${origin()}/events`, { headers, signal: stop.signal });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  act();
  const views: View[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) views.push(JSON.parse(part.replace(/^event: view\ndata: /, '')));
    if (views.length >= enough) break;
  }
  stop.abort();
  return views;
}

test('the page: three files, with a policy that lets nothing else in', async () => {
  for (const [path, type] of [
    ['/', 'text/html'],
    ['/face.js', 'text/javascript'],
    ['/face.css', 'text/css'],
  ] as const) {
    const { status, headers, body } = await ask('GET', path);
    expect([status, String(headers['content-type']).startsWith(type), body.length > 100]).toEqual([200, true, true]);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
  expect((await ask('GET', '/')).body).toContain('SIMULATOR');
  expect((await ask('GET', '/')).body).not.toContain(token());
});

test.each([
  ['GET', '/'],
  ['GET', '/events'],
  ['POST', '/session'],
  ['POST', '/press'],
  ['POST', '/hold'],
])('%s %s: a foreign Host or Origin is refused, even with everything else right', async (method, path) => {
  const inside = await enter();
  const { port } = new URL(face.url());
  for (const lie of [
    { host: 'evil.example' },
    { host: `localhost:${port}` },
    { host: '127.0.0.1' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://localhost:${port}` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    const { status, body } = await ask(method, path, { ...inside, ...lie }, token());
    expect([status, body], JSON.stringify(lie)).toEqual([403, 'This address is for its own page only.\n']);
  }
  const { authorization = '' } = inside;
  if (method === 'POST') expect((await ask(method, path, { authorization }, token())).status).toBe(403);
});

test('a link on another page of this computer opens the page, and nothing else', async () => {
  const clicked = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  expect((await ask('GET', '/', clicked)).status).toBe(200);
  const inside = await enter();
  expect((await ask('GET', '/events', { ...inside, ...clicked })).status).toBe(403);
  expect((await ask('POST', '/press', { ...inside, ...clicked }, '{}')).status).toBe(403);
  for (const other of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-dest': 'iframe' }, { host: 'evil.example' }])
    expect((await ask('GET', '/', { ...clicked, ...other })).status).toBe(403);
});

test('without a token nothing is seen and nothing pressed', async () => {
  const before = device.view().count;
  for (const authorization of ['', 'Bearer ', 'Bearer wrong', `Bearer ${token()}`]) {
    for (const [method, path] of [
      ['GET', '/events'],
      ['POST', '/press'],
      ['POST', '/cable'],
      ['GET', '/other'],
    ] as const) {
      const answer = await ask(method, path, { origin: origin(), authorization }, '{"plugged":false}');
      expect(answer.status, `${authorization} ${path}`).toBe(401);
    }
  }
  expect(device.view().count).toBe(before);
});

test('the token in the address works once, and the next address is told', async () => {
  const first = token();
  await enter();
  const again = await ask('POST', '/session', { origin: origin() }, first);
  expect([again.status, again.body]).toEqual([403, 'This address was used before. Open the one printed last.\n']);
  expect((await ask('POST', '/session', { origin: origin() }, '')).status).toBe(403);
  expect(addresses).toEqual([face.url()]);
  expect(token()).not.toBe(first);
});

test('the fifth tab takes the place of the first', async () => {
  const tabs = [await enter(), await enter(), await enter(), await enter(), await enter()];
  const press = (headers: Record<string, string>) => ask('POST', '/press', headers, '{}');
  expect((await press(tabs[0] ?? {})).status).toBe(401);
  for (const tab of tabs.slice(1)) expect((await press(tab)).status).toBe(400);
});

test('events flow: the view of now, then every change, as pixels and as text', async () => {
  const inside = await enter();
  const views = await events(inside, 2, () => device.reboot('button'));
  expect(views[0]?.rows?.[0]).toBe('Sallyport                 DEMO');
  expect(views.map(({ count }) => count)).toEqual([device.view().count - 1, device.view().count]);
  const { width, height } = decodePng(Buffer.from(views[0]?.png ?? '', 'base64'));
  expect([width, height]).toEqual([252, 270]);
});

test('a press counts for the view that was seen, and for no other', async () => {
  const { device: asked, ask: question, replies } = await simulated();
  face.close();
  face = await browserFace(asked);
  const inside = await enter();
  const stale = asked.view().count;
  await question();
  const { count, screen } = asked.view();
  expect(screen?.rows[0]).toContain('Sign note');
  const late = await ask('POST', '/press', inside, JSON.stringify({ key: 'approve', count: stale }));
  expect([late.status, late.body]).toEqual([409, 'The screen has changed since.\n']);
  expect(replies()).toEqual([]);
  expect((await ask('POST', '/press', inside, JSON.stringify({ key: 'all', count }))).status).toBe(400);
  expect((await ask('POST', '/press', inside, JSON.stringify({ key: 'approve', count }))).status).toBe(204);
  expect(replies()).toEqual(['signature']);
  await asked.close();
});

test('a human clicks here: nothing is marked, and the keys count only once they are named', async () => {
  const { device: asked, ask: question, settled, replies } = await simulated({ arm: false });
  face.close();
  face = await browserFace(asked);
  const inside = await enter();
  const approveNow = () => ask('POST', '/press', inside, JSON.stringify({ key: 'approve', count: asked.view().count }));
  await question();
  expect(asked.view().screen?.rows.join()).not.toMatch(/AUTO-PRESS|Approve/);
  const early = asked.view().count;
  expect((await approveNow()).status).toBe(204);
  await settled();
  expect(replies()).toEqual([]);
  asked.advance(1_000);
  expect(asked.view().count).toBe(early + 1);
  const stale = await ask('POST', '/press', inside, JSON.stringify({ key: 'approve', count: early }));
  expect(stale.status).toBe(409);
  expect((await approveNow()).status).toBe(204);
  await settled();
  expect(replies()).toEqual(['signature']);
  await asked.close();
});

test('a key that is still down is held since its press began; not when the press has changed the screen', async () => {
  const inside = await enter();
  const press = (key: string) => ask('POST', '/press', inside, JSON.stringify({ key, count: device.view().count }));
  const hold = async (key: string) => (await ask('POST', '/hold', inside, JSON.stringify({ key }))).status;
  const rows = (): string => device.view().screen?.rows.join('\n') ?? '';
  expect(await hold('approve')).toBe(409);
  device.advance(1_000);
  await press('next');
  for (let i = 0; i < 20 && !rows().includes('> Wipe'); i++) await press('next');
  await press('approve');
  expect(rows()).toContain('Wipe device?');
  device.advance(2_000);
  expect(await hold('approve')).toBe(409);
  await press('approve');
  device.advance(1_000);
  expect([await hold('deny'), await hold('approve')]).toEqual([409, 204]);
  expect(rows()).toContain('Wipe device?');
  await press('approve');
  device.advance(1_500);
  expect(await hold('approve')).toBe(204);
  expect(rows()).not.toContain('Wipe device?');
});

test('the cable: out, dark, and in again', async () => {
  const inside = await enter();
  const cable = (plugged: unknown) => ask('POST', '/cable', inside, JSON.stringify({ plugged }));
  expect((await cable('no')).status).toBe(400);
  expect((await cable(true)).status).toBe(409);
  expect((await cable(false)).status).toBe(204);
  expect(device.view().screen).toBeNull();
  const [dark] = await events(inside, 1, () => undefined);
  expect(dark?.rows).toBeNull();
  expect((await cable(true)).status).toBe(204);
  expect(device.view().screen).not.toBeNull();
});

test('a body without end is refused', async () => {
  expect((await ask('POST', '/session', { origin: origin() }, 'x'.repeat(2_000))).status).toBe(413);
  expect((await ask('POST', '/press', await enter(), 'no json')).status).toBe(400);
  expect((await ask('GET', '/../../package.json', await enter())).status).toBe(404);
});
