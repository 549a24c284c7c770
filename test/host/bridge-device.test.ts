/** The bridge and its device: whose key signs, and a device that lies. What does not verify is never published. */
import { generateSecretKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { makeWorld, pairedApp, signedBy, truth } from './bridge-world.ts';

const note1 = { kind: 1, content: 'hello', tags: [['t', 'x']], created_at: 1_700_000_000 };

describe('whose key it is', () => {
  const foreign = 'ab'.repeat(32);
  test('a template that names another user is refused, and nobody is shown anything', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('sign_event', [{ ...note1, pubkey: foreign }]);
    expect(world.questions()).toEqual([{ method: 'get_public_key', account: 0 }]);
    world.press();
    expect(world.notes().at(-1)).toBe('wrong_pubkey');
    expect(world.asks.size).toBe(0);
  });

  test('one that names the user is signed, and the next one without another question', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    for (const questions of [2, 1]) {
      app.send('sign_event', [{ ...note1, pubkey: world.userPubkey, created_at: questions }]);
      for (let i = 0; i < questions; i++) world.press();
      expect(signedBy(app)).toMatchObject({ pubkey: world.userPubkey, created_at: questions });
    }
  });

  test('the device side may tell the account, and that it is gone', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    world.feed({ type: 'accounts', device: null, accounts: [{ account: 0, name: '', pubkey: world.userPubkey }] });
    app.send('sign_event', [{ ...note1, pubkey: world.userPubkey }]);
    expect(world.questions()).toMatchObject([{ method: 'sign_event' }]);
    world.feed({ type: 'device', device: null });
    app.send('sign_event', [{ ...note1, pubkey: world.userPubkey, content: 'other' }]);
    expect(world.questions().at(-1)).toMatchObject({ method: 'get_public_key', account: 0 });
  });

  test('a device with another key than before gives no signature to an app that knows the first', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('get_public_key', []);
    world.press();
    app.send('sign_event', [note1]);
    world.press(truth({ method: 'sign_event', account: 0, label: '', event: note1 }, generateSecretKey()));
    expect(world.notes().at(-1)).toBe('bad_device_answer');
  });
});

describe('a lying device', () => {
  const other = truth(
    { method: 'sign_event', account: 0, label: '', event: { ...note1, content: 'other' } },
    generateSecretKey(),
  );
  test.each(['id', 'sig', 'pubkey'] as const)('another %s is never published', (field) => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('sign_event', [note1], { id: 'r' });
    const [ask] = world.questions();
    if (ask === undefined || other.type !== 'signature') throw new Error('no ask');
    const honest = truth(ask, generateSecretKey());
    world.press({ ...other, ...honest, type: 'signature', [field]: other[field] } as typeof other);
    expect(app.last()).toMatchObject({ id: 'r', result: 'error' });
    expect(JSON.stringify(app.inbox)).not.toContain(other.sig);
    expect(world.notes().at(-1)).toBe('bad_device_answer');
  });

  test('a signature of another event is never published', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('sign_event', [note1]);
    world.press(other);
    expect(world.notes().at(-1)).toBe('bad_device_answer');
  });

  test.each([
    ['sign_event', [note1], { type: 'text', text: 'x' }],
    ['sign_event', [note1], { type: 'signature', id: '', sig: '', pubkey: '' }],
    ['get_public_key', [], { type: 'public_key', pubkey: 'nonsense' }],
    ['get_public_key', [], { type: 'text', text: 'x' }],
    ['nip44_encrypt', ['ab'.repeat(32), 'x'], { type: 'public_key', pubkey: 'ab'.repeat(32) }],
  ] as const)('%s is not answered by something else', (method, params, answer) => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send(method, params);
    world.press(answer);
    expect(world.notes().at(-1)).toBe('bad_device_answer');
  });
});
