/** What the control API tells of accounts, the device's log and the last use of apps; its search; and the backup that it makes. */

import { schnorr } from '@noble/curves/secp256k1.js';
import { limits } from '@sallyport/device-protocol';
import { expect, test } from 'vitest';
import { append, headHash, type Log, loadLog, readLog } from '../../../firmware-sim/src/firmware/vault/log.ts';
import { encodeLogEntry } from '../../../firmware-sim/src/firmware/vault/log-entry.ts';
import { controlApp } from '../../../host/src/control/app.ts';
import type { DeviceAsk } from '../../../host/src/core/device/device-port.ts';
import { memoryFlash, testChip } from '../../support/memory-flash.ts';
import { bytesFrom, chance } from '../../support/random.ts';
import { pairedApp } from '../bridge-world.ts';
import { controlWorld } from './control-world.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('accounts have their names, and their keys in both forms', async (context) => {
  const { ask } = controlWorld(context);
  const { said } = await ask('GET /v0/accounts', '/v0/accounts');
  expect(said).toEqual({
    accounts: [
      { number: 0, name: '', pubkey: expect.any(String), npub: expect.stringMatching(/^npub1/), userKey: false },
    ],
  });
});

test('an app tells when it was last used, and rows are found by a part of their words', async (context) => {
  const { ask, world, activity } = controlWorld(context);
  const { pubkey: client } = pairedApp(world);
  const apps = async () => (await ask('GET /v0/apps', '/v0/apps')).said;
  expect(await apps()).toMatchObject({ apps: [{ client, usedAt: null }] });
  const row = { client, app: 'Cora_cle', paired: true, kind: 1, ms: { relay: 1, queue: 1, device: 1, total: 3 } };
  activity.record({ ...row, at: 5_000, method: 'sign_event', outcome: 'answered', why: 'Approved on it.' });
  activity.record({ ...row, at: 9_000, method: 'nip44_decrypt', outcome: 'denied', why: '100% refused there.' });
  expect(await apps()).toMatchObject({ apps: [{ client, usedAt: 9_000 }] });
  const found = async (text: string) => {
    const { said } = await ask('GET /v0/activity', `/v0/activity?text=${encodeURIComponent(text)}`);
    return (said as { rows: { at: number }[] }).rows.map(({ at }) => at);
  };
  expect(await found('CORA_')).toEqual([9_000, 5_000]);
  expect(await found('decrypt')).toEqual([9_000]);
  expect(await found('pprove')).toEqual([5_000]);
  expect(await found('0% ref')).toEqual([9_000]);
  expect(await found('')).toEqual([9_000, 5_000]);
  // What means something to the database means itself here.
  for (const nothing of ['Cora%cle', 'Cora__le', '\\', "' OR 1 --"]) expect(await found(nothing)).toEqual([]);
  expect((await ask('GET /v0/activity', `/v0/activity?text=${'x'.repeat(129)}`)).status).toBe(400);
});

test('a backup is made with a passphrase that is none of the short ones, and the passphrase is nowhere in the answer', async (context) => {
  const { ask } = controlWorld(context);
  const passphrase = 'correct horse';
  const { said } = await ask('POST /v0/backup', '/v0/backup', { passphrase });
  expect(Buffer.from((said as { file: string }).file, 'base64').toString()).toBe('sealed by 13 letters');
  const both = await Promise.all([1, 2].map(() => ask('POST /v0/backup', '/v0/backup', { passphrase })));
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  for (const wrong of ['short', '🐎'.repeat(9), 'x'.repeat(1_025), 7]) {
    const answer = await ask('POST /v0/backup', '/v0/backup', { passphrase: wrong });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.said)).not.toContain(String(wrong));
  }
});

test('the log of the device is checked from where the last check ended, and a device whose memory was put back is found out', async (context) => {
  const { view, world, activity } = controlWorld(context);
  const { pubkey: client } = pairedApp(world);
  const board = { ...testChip, flash: memoryFlash(), random: bytesFrom(chance(3)) };
  const secret = Uint8Array.from({ length: 32 }, () => 7);
  let log = loadLog(board);
  const happened = (count: number): Log => {
    for (let i = 0; i < count; i++) {
      const entry = { event: 'signed', account: 0, who: Buffer.from(client, 'hex'), method: 'sign_event' } as const;
      log = append(board, log, encodeLogEntry({ ...entry, kind: 1, createdAt: 100 }, 7));
    }
    return log;
  };
  const asked: DeviceAsk[] = [];
  const askDevice: typeof view.askDevice = async (ask) => {
    asked.push(ask);
    if (ask.method === 'log_head') {
      const sig = hex(schnorr.sign(headHash(log, ask.nonce), secret));
      const logKey = hex(schnorr.getPublicKey(secret));
      return { type: 'log_head', number: log.number, head: hex(log.head), logKey, sig };
    }
    if (ask.method !== 'log_read') return expect.fail('it is asked for its log');
    const entries = readLog(board, log, ask.from, limits.listMax);
    return { type: 'log', entries: entries.map(({ number, entry }) => ({ number, entry: hex(entry) })) };
  };
  const api = controlApp({ ...view, askDevice }, new Set(['write']));
  const check = async (anew = false) => {
    const headers = { host: 'sallyport', 'content-type': 'application/json' };
    const said = await api.request('/v0/device/log', { method: 'POST', headers, body: JSON.stringify({ anew }) });
    return (await said.json()) as { verdict: string; entries: { here: string | null }[] };
  };
  const ms = { relay: 1_000, queue: 0, device: 0, total: 0 };
  const row = { client, app: '', paired: true, method: 'sign_event', kind: 1, outcome: 'answered', why: '' };
  activity.record({ ...row, at: 101_000, ms });
  const early = happened(2);
  expect(await check()).toMatchObject({ verdict: 'begun', number: 2, since: null, entries: [{ here: 'yes' }, {}] });
  expect((await check()).entries.map(({ here }) => here)).toEqual(['yes', 'no']);
  happened(200);
  expect(await check()).toMatchObject({ verdict: 'sound', number: 202, since: 2 });
  log = early;
  expect(await check()).toMatchObject({ verdict: 'went_back', since: 202 });
  // Nothing was forgotten by being told.
  expect(await check()).toMatchObject({ verdict: 'went_back', since: 202 });
  expect(await check(true)).toMatchObject({ verdict: 'begun', number: 2 });
  expect(await check()).toMatchObject({ verdict: 'sound' });
  happened(1_000);
  expect(await check()).toMatchObject({ verdict: 'gap', number: 1_002 });
  // A device that counts on and on is not asked on and on.
  const before = asked.length;
  log = { ...log, number: Number.MAX_SAFE_INTEGER };
  expect(await check()).toMatchObject({ verdict: 'changed' });
  expect(asked.length - before).toBeLessThan(5);
});
