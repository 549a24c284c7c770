/** What a paired computer lists and takes away, over the wire of a device with apps (test/hostile/host/world.ts says which). */
import type { RequestOf } from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import { alice, bob, foe, otherSigner, signer, stranger } from '../../hostile/host/apps.ts';
import { pass, signing } from '../../hostile/host/attack-class.ts';
import type { Captive } from '../../hostile/host/captive-device.ts';
import { attempt, otherComputer } from '../../hostile/host/world.ts';

const app = { client: alice.key, remoteSigner: signer.key };

/** What was said last. */
function answer(device: Captive, ask: Parameters<Captive['ask']>[0]): unknown {
  const id = device.ask(ask);
  const said = device.heard.findLast((one) => (one.type === 'reply' || one.type === 'error') && one.id === id);
  return said?.type === 'reply' ? said.body : said?.type === 'error' ? said.error : undefined;
}

const names = (device: Captive, from = 0): unknown => answer(device, { command: 'clients', body: { from } });
const grants = (device: Captive, from = 0): unknown => answer(device, { command: 'grants', body: { ...app, from } });

describe('the lists', () => {
  test('apps, without those that were revoked', () => {
    const { device } = attempt(1);
    const rows = [
      { ...app, account: 0, name: 'Alice’s app', grants: 6 },
      { client: bob.key, remoteSigner: signer.key, account: 1, name: 'Bob’s app', grants: 1 },
      { client: alice.key, remoteSigner: otherSigner.key, account: 1, name: 'Alice’s other app', grants: 0 },
    ];
    expect(names(device)).toEqual({ total: 3, clients: rows });
    expect(names(device, 2)).toEqual({ total: 3, clients: rows.slice(2) });
    expect(names(device, 9)).toEqual({ total: 3, clients: [] });
  });

  test('grants, with what is left of them', () => {
    const { device, draw } = attempt(1);
    pass(device, signing(draw, 7).event);
    device.wait(60_000);
    const all = grants(device);
    expect(all).toMatchObject({
      total: 6,
      grants: [
        { id: 1, verdict: 'allow', method: 'sign_event', kind: 1 },
        { id: 2, kind: 7, uses: 4 },
        { id: 3, kind: 6, perMinute: 3 },
        { id: 4, kind: 30_023, session: 'yes' },
        { id: 5, verdict: 'deny', kind: 4 },
        { id: 6, method: 'nip44_decrypt' },
      ],
    });
    expect(grants(device, 5)).toMatchObject({ total: 6, grants: [{ id: 6 }] });
    device.wait(3_600_000);
    expect(grants(device)).toMatchObject({ total: 5 });
    expect(answer(device, { command: 'grants', body: { client: foe.key, remoteSigner: signer.key, from: 0 } })).toBe(
      'unknown_client',
    );
  });
});

describe('taking away', () => {
  const revoke = (grant: number): { readonly command: 'grant_revoke'; readonly body: RequestOf<'grant_revoke'> } => ({
    command: 'grant_revoke',
    body: { ...app, grant },
  });

  test('a grant, at once; a deny rule stays; one that is not there is as good as gone', () => {
    const { device, draw } = attempt(1);
    expect(answer(device, revoke(1))).toEqual({});
    expect(answer(device, revoke(5))).toBe('forbidden');
    expect(answer(device, revoke(77))).toEqual({});
    expect(grants(device)).toMatchObject({ total: 5 });
    pass(device, signing(draw, 1).event);
    device.wait(100);
    expect(device.signatures).toEqual([]);
  });

  test('an app, also one that is not there; its requests are of nobody then', () => {
    const { device, draw } = attempt(1);
    expect(answer(device, { command: 'client_revoke', body: app })).toEqual({});
    expect(answer(device, { command: 'client_revoke', body: app })).toEqual({});
    expect(answer(device, { command: 'client_revoke', body: { client: foe.key, remoteSigner: signer.key } })).toEqual(
      {},
    );
    expect(names(device)).toMatchObject({ total: 2 });
    expect(device.endOf(pass(device, signing(draw, 1).event))).toBe('unknown_client');
    expect(grants(device)).toBe('unknown_client');
    expect(
      answer(device, { command: 'grants', body: { client: stranger.key, remoteSigner: signer.key, from: 0 } }),
    ).toBe('unknown_client');
  });
});

test('an unpaired computer is told nothing', () => {
  const { device } = attempt(1);
  device.greet(otherComputer);
  expect(names(device)).toBe('not_paired');
  expect(grants(device)).toBe('not_paired');
  expect(answer(device, { command: 'client_revoke', body: app })).toBe('not_paired');
  expect(answer(device, { command: 'grant_revoke', body: { ...app, grant: 1 } })).toBe('not_paired');
});
