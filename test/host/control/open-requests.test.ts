/** What is open, over the control API: told in plain words and in full, and refused by whoever sits at the computer. */
import { expect, test } from 'vitest';
import type { PairingNews } from '../../../host/src/core/device/device-session.ts';
import { refuse } from '../../../host/src/core/nip46/refusal.ts';
import { pairedApp } from '../bridge-world.ts';
import { controlWorld } from './control-world.ts';

type Open = { readonly number: number; readonly endsAt: number; readonly cameAt: number };

test('an open request says what it asks and when it ends, and in full on request', async (context) => {
  const { ask, world } = controlWorld(context);
  const app = pairedApp(world);
  app.send('sign_event', [JSON.stringify({ kind: 1, content: 'hello', tags: [], created_at: 5 })]);
  const listed = await ask('GET /v0/requests', '/v0/requests');
  expect(listed.said).toMatchObject({ requests: [{ asks: 'sign a note', method: 'sign_event', kind: 1 }] });
  // Only what is asked in full is said in full.
  expect(JSON.stringify(listed.said)).not.toContain('hello');
  const [open] = (listed.said as { requests: Open[] }).requests;
  expect(open?.endsAt).toBeGreaterThan(open?.cameAt ?? 0);
  const full = await ask('GET /v0/requests/:number', `/v0/requests/${open?.number}`);
  expect(full.said).toMatchObject({ event: { kind: 1, content: 'hello' }, text: null, peer: null });
});

test('a text to decrypt is told with whom it is from', async (context) => {
  const { ask, world } = controlWorld(context);
  const app = pairedApp(world);
  app.send('nip44_decrypt', ['ab'.repeat(32), 'sealed']);
  const { said } = await ask('GET /v0/requests', '/v0/requests');
  const [open] = (said as { requests: Open[] }).requests;
  expect(open).toMatchObject({ asks: 'decrypt a text' });
  const full = await ask('GET /v0/requests/:number', `/v0/requests/${open?.number}`);
  expect(full.said).toMatchObject({ event: null, text: 'sealed', peer: 'ab'.repeat(32) });
});

test('a refused request ends on the device and for the app, and stays refused when it is repeated', async (context) => {
  const { ask, world } = controlWorld(context);
  const app = pairedApp(world);
  const params = [JSON.stringify({ kind: 1, content: 'hello', tags: [], created_at: 5 })];
  app.send('sign_event', params, { id: 'one' });
  const [job] = world.asks.keys();
  expect((await ask('DELETE /v0/requests/:number', `/v0/requests/${job}`)).status).toBe(200);
  expect(world.asks.size).toBe(0);
  expect(app.last()).toMatchObject({ id: 'one', error: expect.stringContaining('refused this at the computer') });
  world.pass(1_000);
  app.send('sign_event', params, { id: 'one' });
  expect(world.asks.size).toBe(0);
  expect(app.last()).toMatchObject({ id: 'one', error: expect.stringContaining('refused this at the computer') });
  for (const path of [`/v0/requests/${job}`, '/v0/requests/99'])
    expect((await ask('DELETE /v0/requests/:number', path)).status).toBe(404);
});

test('a device is paired by the digits that both sides show', async (context) => {
  const { view, ask, paired } = controlWorld(context);
  expect((await ask('POST /v0/device/pair', '/v0/device/pair')).status).toBe(409);
  expect((await ask('POST /v0/device/pair/answer', '/v0/device/pair/answer', { same: true })).status).toBe(409);
  const pairingSaid = async (): Promise<unknown> =>
    ((await ask('GET /v0/device', '/v0/device')).said as { pairing: unknown }).pairing;
  expect(await pairingSaid()).toBeNull();
  const news = (told: PairingNews): void => {
    paired.news = told;
  };
  news({ state: 'code', code: '123456' });
  expect(await pairingSaid()).toEqual({ state: 'code', code: '123456', words: null });
  await ask('POST /v0/device/pair/answer', '/v0/device/pair/answer', { same: false });
  expect(paired.answers).toEqual([false]);
  news({ state: 'failed', refusal: refuse('denied', 'The digits differ.', 'Try again.') });
  expect(await pairingSaid()).toEqual({
    state: 'failed',
    code: null,
    words: expect.stringContaining('The digits differ'),
  });
  expect(view.pairing()).not.toBeNull();
});
