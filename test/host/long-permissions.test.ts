/** Permissions that are longer than what is kept of them: a wish is there whole or not at all, for the rest of it would be another wish. */
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { limits } from '../../device-protocol/src/index.ts';
import { cleanList } from '../../host/src/core/apps/client-metadata.ts';
import { parseNostrconnect } from '../../host/src/core/apps/nostrconnect-uri.ts';
import { hashSecret } from '../../host/src/core/apps/sessions.ts';
import { bridgeLimits } from '../../host/src/core/bridge/bridge-limits.ts';
import { prepare } from '../../host/src/core/device/device-request.ts';
import { parseRequest } from '../../host/src/core/nip46/nip46-text.ts';
import { parseRelayUrl } from '../../host/src/relays/relay-url.ts';
import { makeWorld } from './bridge-world.ts';

const key = getPublicKey(generateSecretKey());
const last = 'sign_event:30023';

/** Wishes of which the last one would be cut to `sign_event:3` at `max` characters, and those before it. */
function cutAt(max: number): { readonly whole: string; readonly before: string } {
  const room = max - 'sign_event:3'.length - 1;
  const before = 'ping,'
    .repeat(Math.floor(room / 5))
    .slice(0, -1)
    .padEnd(room, 'g');
  return { whole: `${before},${last}`, before };
}

describe('a list', () => {
  test.each([
    ['a,b', 3, 'a,b'],
    ['a,b,c', 3, 'a,b'],
    ['a,bc', 3, 'a'],
    ['abcd', 3, ''],
    ['ab,', 3, 'ab,'],
    // What is stripped counts as well, where a whole megabyte is not looked at.
    [`a,${'\u200b'.repeat(18)}bcdef`, 3, 'a'],
  ])('%j within %i characters is %j', (text, max, kept) => expect(cleanList(text, max)).toBe(kept));

  test('that is none is empty', () => expect(cleanList({}, 3)).toBe(''));
});

describe('of an app', () => {
  const { whole, before } = cutAt(bridgeLimits.permsMax);

  test('on its own line', () => {
    const line = `nostrconnect://${key}?relay=wss://r.example&secret=a&perms=${encodeURIComponent(whole)}`;
    expect(parseNostrconnect(line, parseRelayUrl)).toMatchObject({ perms: before });
  });

  test.each([
    ['connect', ['', 'secret', whole]],
    ['create_account', ['', '', '', whole]],
  ])('in %s', (method, params) => {
    const parsed = parseRequest(JSON.stringify({ id: '1', method, params }));
    expect(parsed).toMatchObject({ request: { perms: before } });
  });

  test('as the user wrote them on a line', () => {
    const world = makeWorld();
    world.feed({ type: 'secret', hash: hashSecret('abc'), name: '', account: 0, perms: whole });
    expect([...world.state().sessions.secrets.values()]).toMatchObject([{ perms: before }]);
  });

  test('told to the device, which takes fewer', () => {
    const told = cutAt(limits.permsMax);
    const app = { client: key, remoteSigner: key, account: 0, name: '', announced: true, createdAt: 1 } as const;
    const ask = { method: 'client_introduce', ...app, perms: told.whole } as const;
    const prepared = prepare(ask, { knowsApps: true, streamMax: limits.streamMax });
    if (prepared.type !== 'prepared') throw new Error('it was not prepared');
    expect(prepared.toRequest(1)).toMatchObject({ body: { perms: told.before } });
  });
});
