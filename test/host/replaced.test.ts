/** Another device in place of a lost one: no app is led to another identity, and each is paired again by a press. */
import { describe, expect, test } from 'vitest';
import { compareAccounts } from '../../host/src/core/apps/replaced.ts';
import type { DeviceAccount } from '../../host/src/core/device/device-port.ts';
import { sentenceOf } from '../../host/src/report.ts';
import { makeWorld, pairedApp } from './bridge-world.ts';

const account = (number: number, byte: string, name = ''): DeviceAccount => ({
  account: number,
  name,
  pubkey: byte.repeat(32),
});
const [me, work, other] = [account(0, 'aa', 'Me'), account(1, 'bb', 'Work'), account(0, 'cc')];
const [lost, next] = ['11'.repeat(32), '22'.repeat(32)];

describe('the accounts', () => {
  test('are compared by key; numbers and names may differ', () => {
    const moved = { ...work, account: 0, name: 'anything' };
    expect(compareAccounts([me, work], [moved, { ...me, account: 5 }])).toMatchObject({ missing: [], added: [] });
    expect(compareAccounts([me, work], [other, me])).toEqual({ kept: [me], missing: [work], added: [other] });
  });

  test('what people are told of it', () => {
    const same = sentenceOf({ type: 'replaced', comparison: compareAccounts([me], [me]) });
    expect(same).toContain('has the accounts of the one before (1). Pair the apps again');
    const less = sentenceOf({ type: 'replaced', comparison: compareAccounts([me, work], [me]) });
    expect(less).toContain(`It lacks ${work.pubkey} (Work)`);
  });
});

describe('the apps', () => {
  const replaced = (accounts: readonly DeviceAccount[]) => {
    const world = makeWorld();
    world.feed({ type: 'accounts', device: lost, accounts: [me, work] });
    world.newSecret('forWork', '', 1);
    const app = world.app();
    app.send('connect', ['', 'forWork']);
    const forMe = pairedApp(world);
    world.newSecret('nobodyUsedIt');
    world.setPairsApps(false);
    world.feed({ type: 'accounts', device: next, accounts });
    return { world, app, forMe };
  };

  test('the same device changes nothing, whatever it is called now', () => {
    const world = makeWorld();
    world.feed({ type: 'accounts', device: lost, accounts: [me] });
    const app = pairedApp(world);
    world.feed({ type: 'accounts', device: lost, accounts: [{ ...me, name: 'Myself' }] });
    world.feed({ type: 'accounts', device: lost, accounts: [{ ...me, name: 'Myself' }] });
    expect(world.rows().map(({ type }) => type)).toEqual(['accounts']);
    app.send('ping', []);
    expect(app.last().result).toBe('pong');
  });

  test('follow their identity to its new number, after a press for each', () => {
    const { world, app } = replaced([
      { ...me, account: 3 },
      { ...work, account: 9 },
    ]);
    expect(world.kept().apps.find(({ client }) => client === app.pubkey)).toMatchObject({
      account: 9,
      onDevice: false,
    });
    app.send('connect', ['', 'forWork'], { id: 'again' });
    expect([...world.asks.values()]).toMatchObject([{ method: 'client_connect', carried: { account: 9 } }]);
    world.press({ type: 'paired', by: 'device' });
    expect(app.last()).toEqual({ id: 'again', result: 'ack' });
    expect(world.kept().apps.find(({ client }) => client === app.pubkey)).toMatchObject({ account: 9, onDevice: true });
  });

  test('whose identity is not there are not paired any more, and never led to another', () => {
    const { world, app, forMe } = replaced([me, { ...other, account: 1 }]);
    expect(world.kept().apps.map(({ client }) => client)).toEqual([forMe.pubkey]);
    app.send('connect', ['', 'forWork']);
    expect(app.last().result).toBe('error');
    expect(world.asks.size).toBe(0);
  });

  test('lines that nobody used are void: they were for the lost device', () => {
    const { world } = replaced([me, work]);
    const late = world.app();
    late.send('connect', ['', 'nobodyUsedIt']);
    expect(late.last().result).toBe('error');
    expect(world.kept().secrets.every(({ spent }) => spent !== null)).toBe(true);
  });

  test('a restarted host knows which device was the last', () => {
    const { world } = replaced([me, work]);
    const after = makeWorld(world.kept(), world.signer);
    after.feed({ type: 'accounts', device: next, accounts: [me, work] });
    expect(after.rows()).toEqual([]);
  });
});
