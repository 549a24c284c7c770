/** The pairing of apps, as the bridge sees it: the device is asked, and what its human said is what the app is told. */
import { describe, expect, test } from 'vitest';
import { hashSecret } from '../../host/src/core/apps/sessions.ts';
import type { DeviceAnswer } from '../../host/src/core/device/device-port.ts';
import { toRefusal } from '../../host/src/core/device/device-refusal.ts';
import { effectNames, makeWorld, pairedApp } from './bridge-world.ts';

const says = (error: Parameters<typeof toRefusal>[0]): DeviceAnswer => ({ type: 'refused', refusal: toRefusal(error) });
const yes: DeviceAnswer = { type: 'paired', by: 'device' };
const note1 = { kind: 1, content: 'hello', tags: [], created_at: 1_700_000_000 };

/** A world where nobody pairs anything by itself, with an app that showed the secret `abc`. */
function asking(params: readonly unknown[] = ['', 'abc']) {
  const world = makeWorld();
  world.setPairsApps(false);
  world.newSecret('abc', 'phone', 3);
  const app = world.app();
  app.send('connect', params, { id: 'c' });
  return { world, app };
}

describe('connect with a live secret', () => {
  test('is a question to the device, in the event of the app itself, about the account of the line', () => {
    const { world, app } = asking();
    expect(app.inbox).toEqual([]);
    const [ask] = world.asks.values();
    expect(ask).toMatchObject({ method: 'client_connect', carried: { account: 3, event: { pubkey: app.pubkey } } });
    if (ask?.method !== 'client_connect') throw new Error('another question');
    expect(ask.carried.conversationKey).toEqual(world.signer.conversationKey(app.pubkey, 'nip44'));
  });

  test('a yes is on disk, with account and remote-signer key, before the app is told', () => {
    const { world, app } = asking();
    world.log.length = 0;
    world.press(yes);
    expect(effectNames(world)).toEqual(['save pair', 'answer', 'note', 'save ended']);
    expect(app.last()).toEqual({ id: 'c', result: 'ack' });
    const pairing = { client: app.pubkey, account: 3, remoteSigner: world.signer.pubkey, onDevice: true };
    expect(world.kept().apps).toMatchObject([pairing]);
  });

  test.each([
    ['is what the device is asked about', '', ['propose']],
    ['is not, where the app wished for something itself', 'sign_event:7', []],
  ])('what the line says an app may ask for %s', (_what, wished, proposed) => {
    const world = makeWorld();
    const app = world.app();
    world.feed({ type: 'secret', hash: hashSecret('abc'), name: '', account: 0, perms: 'sign_event:1,nip44_decrypt' });
    app.send('connect', ['', 'abc', wished]);
    const effects = world.log.filter(({ type }) => type === 'propose');
    expect(effects.map(({ type }) => type)).toEqual(proposed);
    for (const effect of effects)
      expect(effect).toMatchObject({ type: 'propose', client: app.pubkey, perms: 'sign_event:1,nip44_decrypt' });
  });

  test('nothing of it remembers the secret itself', () => {
    const { world } = asking(['', 'abc']);
    expect(JSON.stringify([...world.state().open.values()])).not.toContain('"abc"');
  });

  test('a repeat joins the open question; a repeat after it, and one after a crash, are acknowledged', () => {
    const { world, app } = asking();
    app.send('connect', ['', 'abc'], { id: 'c' });
    expect(world.asks.size).toBe(1);
    world.press(yes);
    app.inbox.length = 0;
    app.send('connect', ['', 'abc'], { id: 'c' });
    app.send('connect', ['', 'abc'], { id: 'd' });
    expect(app.inbox.map(({ json }) => json.result)).toEqual(['ack', 'ack']);
    expect(world.asks.size).toBe(0);
  });

  test('a second app with the same line waits for nobody, and the first one is not disturbed', () => {
    const { world, app } = asking();
    const other = world.app();
    other.send('connect', ['', 'abc']);
    expect(String(other.last().error)).toContain('Another app is being paired');
    world.press(yes);
    expect(app.last().result).toBe('ack');
    other.send('connect', ['', 'abc']);
    expect(String(other.last().error)).toContain('used before');
  });
});

describe('a pairing that does not come about', () => {
  test('denied: the line is void, for everybody, and on disk before the app is told', () => {
    const { world, app } = asking();
    world.log.length = 0;
    world.press(says('denied'));
    expect(effectNames(world)).toEqual(['save drop_secret', 'answer', 'note', 'save ended']);
    expect(String(app.last().error)).toContain('this bunker line is void');
    app.send('connect', ['', 'abc'], { id: 'c' });
    app.send('connect', ['', 'abc'], { id: 'again' });
    expect(world.asks.size).toBe(0);
    expect(world.kept().secrets).toEqual([]);
  });

  test.each(['timed_out', 'locked', 'fresh', 'full', 'not_announced', 'busy', 'wrong_state'] as const)(
    '%s: the app is told why, and the same line pairs it later',
    (error) => {
      const { world, app } = asking();
      world.press(says(error));
      expect(app.last().result).toBe('error');
      app.send('connect', ['', 'abc'], { id: 'later' });
      world.press(yes);
      expect(app.last()).toEqual({ id: 'later', result: 'ack' });
    },
  );

  test('nobody answers: the question is taken back, and the line stays', () => {
    const { world, app } = asking();
    world.pass(200_000);
    expect(world.asks.size).toBe(0);
    expect(app.last().result).toBe('error');
    app.send('connect', ['', 'abc'], { id: 'later' });
    expect(world.asks.size).toBe(1);
  });

  test('a device that answers something else pairs nobody', () => {
    const { world, app } = asking();
    world.press({ type: 'done' });
    expect(world.notes().at(-1)).toBe('bad_device_answer');
    expect(world.kept().apps).toEqual([]);
    expect(app.last().result).toBe('error');
  });

  test('a line in use is not pushed out by newer ones', () => {
    const { world, app } = asking();
    for (let i = 0; i < 70; i++) world.newSecret(`s${i}`);
    world.press(yes);
    expect(app.last().result).toBe('ack');
  });
});

describe('an app that the device does not know', () => {
  test('is told to pair again, and its old line does it, by a press', () => {
    const { world, app } = asking();
    world.press(yes);
    app.send('sign_event', [note1], { id: 's' });
    world.press(says('unknown_client'));
    expect(String(app.last().error)).toContain('Pair the app again');
    app.send('connect', ['', ''], { id: 'bare' });
    expect(app.last().result).toBe('error');
    app.send('connect', ['', 'abc'], { id: 'anew' });
    expect(world.asks.size).toBe(1);
    world.press(yes);
    expect(app.last()).toEqual({ id: 'anew', result: 'ack' });
    expect(world.rows().at(-2)?.type).toBe('pair_again');
    // The same request as before may be asked now: nobody has seen it yet.
    app.send('sign_event', [note1], { id: 's' });
    expect(world.asks.size).toBe(1);
  });
});

describe('logging out', () => {
  const ready = { type: 'device', device: { life: 'ready', knowsApps: true } } as const;
  const asked = (world: ReturnType<typeof makeWorld>) => [...world.asks.values()].map(({ method }) => method);

  test('the device forgets the app at once when it is there', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    world.feed(ready);
    app.send('logout', []);
    expect(app.last().result).toBe('ack');
    expect(asked(world)).toEqual(['client_revoke']);
    world.press();
    expect(world.kept().revocations).toEqual([]);
  });

  test('or when it comes, also to the next host', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('logout', []);
    expect(asked(world)).toEqual([]);
    const next = makeWorld(world.kept(), world.signer);
    next.feed({ type: 'device', device: { life: 'locked', knowsApps: true } });
    expect(asked(next)).toEqual([]);
    next.feed(ready);
    expect([...next.asks.values()]).toEqual([
      { method: 'client_revoke', client: app.pubkey, remoteSigner: world.signer.pubkey },
    ]);
    next.press(says('storage'));
    next.feed(ready);
    next.press();
    expect(next.rows().at(-1)).toMatchObject({ type: 'revoked', client: app.pubkey });
    next.feed(ready);
    expect(asked(next)).toEqual([]);
  });

  test('an app that pairs again meanwhile is not forgotten', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('logout', []);
    world.newSecret('anew');
    app.send('connect', ['', 'anew']);
    expect(app.last().result).toBe('ack');
    world.feed(ready);
    expect(asked(world)).toEqual([]);
  });
});
