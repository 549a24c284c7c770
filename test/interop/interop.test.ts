/**
 * Clients that we did not write, over relays that they connect to themselves: the embedded one and one that is not ours; by a
 * bunker line and by a line of their own; enveloped in NIP-44 and in NIP-04; at one key of the signer for all, and at one for each. Each goes through all that an app asks of a signer.
 */
import * as nip04 from 'nostr-tools/nip04';
import * as nip44 from 'nostr-tools/nip44';
import { generateSecretKey, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLoopbackRelay } from '../../host/src/loopback-relay/server.ts';
import { type Library, libraries, type Way } from './clients.ts';
import { type Doorway, openDoorway } from './doorway.ts';
import { startOtherRelay } from './other-relay.ts';
import { type Signer, startSigner } from './signer.ts';

const relays = [
  ['the embedded relay', startLoopbackRelay, false],
  ['@nostr-relay/core, with a key for each app', startOtherRelay, true],
] as const;

const cases: [name: string, library: Library, by: Way['by']][] = libraries.flatMap((library) =>
  library.ways.map((by): [string, Library, Way['by']] => [`${library.name} by ${by}`, library, by]),
);

/** Somebody outside, whom the user writes to. */
const outside = generateSecretKey();
const peer = getPublicKey(outside);
const text = 'Meet at noon. 🐎\n';
const template = { kind: 1, created_at: 1_750_000_000, tags: [['t', 'interop']], content: 'Good morning!' };

describe.each(relays)('over %s', (_name, startRelay, keyPerApp) => {
  let relay: Awaited<ReturnType<typeof startRelay>>;
  let door: Doorway;
  let signer: Signer;

  beforeAll(async () => {
    relay = await startRelay();
    door = await openDoorway(relay.url);
    signer = await startSigner(door.url, keyPerApp);
  });
  afterAll(async () => {
    await signer?.close();
    await door?.close();
    await relay?.close();
  });

  test.each(cases)('whatever an app asks: %s', { timeout: 30_000 }, async (_case, library, by) => {
    const introducing = Promise.withResolvers<void>();
    const listening = door.confirmed();
    const show = (uri: string): void => {
      const shown = door.confirms(listening).then(() => signer.introduce(uri));
      shown.then(introducing.resolve, introducing.reject);
    };
    if (by === 'bunker') introducing.resolve();
    const client = await library.open(
      by === 'bunker' ? { by, uri: signer.bunkerUri() } : { by, relay: door.url, show },
    );
    try {
      const asked = signer.questions();
      await Promise.all([client.connect(), introducing.promise]);
      expect(await client.user()).toBe(signer.user);
      expect(await client.call('ping')).toBe('pong');
      expect(await client.call('switch_relays')).toBe('null');
      expect(signer.questions()).toBe(asked + 1); // the pairing

      const event = JSON.parse(JSON.stringify(await client.sign(template)));
      expect(verifyEvent(event)).toBe(true);
      expect(event).toMatchObject({ ...template, pubkey: signer.user });

      const key = nip44.getConversationKey(outside, signer.user);
      expect(nip44.decrypt(await client.encrypt('nip44', peer, text), key)).toBe(text);
      expect(await client.decrypt('nip44', peer, nip44.encrypt(text, key))).toBe(text);
      const old = await client.encrypt('nip04', peer, text);
      expect(nip04.decrypt(outside, signer.user, old)).toBe(text);
      expect(await client.decrypt('nip04', peer, nip04.encrypt(outside, signer.user, text))).toBe(text);
      expect(signer.questions()).toBe(asked + 6);

      await expect(refusalOf(client.call('nip99_levitate'))).resolves.toContain('does not know');
      expect(await client.call('logout')).toBe('ack');
      // At a key that was its own nobody listens any more.
      if (!keyPerApp) await expect(refusalOf(client.call('ping'))).resolves.toContain('new bunker line');
    } finally {
      await client.close();
    }
  });
});

describe('at the user key itself, as texts of early 2024 have it', () => {
  let relay: Awaited<ReturnType<typeof startLoopbackRelay>>;
  let signer: Signer;

  beforeAll(async () => {
    relay = await startLoopbackRelay();
    signer = await startSigner(relay.url);
  });
  afterAll(async () => {
    await signer?.close();
    await relay?.close();
  });

  test.each(libraries.map((library): [string, Library] => [library.name, library]))(
    '%s',
    { timeout: 30_000 },
    async (_name, library) => {
      const uri = await signer.userKeyUri();
      expect(uri).toContain(`bunker://${signer.user}?`);
      const client = await library.open({ by: 'bunker', uri });
      try {
        const asked = signer.questions();
        await client.connect();
        expect(await client.user()).toBe(signer.user);
        expect(await client.call('ping')).toBe('pong');
        const event = JSON.parse(JSON.stringify(await client.sign(template)));
        expect(verifyEvent(event)).toBe(true);
        expect(event).toMatchObject({ ...template, pubkey: signer.user });
        const key = nip44.getConversationKey(outside, signer.user);
        expect(nip44.decrypt(await client.encrypt('nip44', peer, text), key)).toBe(text);
        expect(await client.decrypt('nip04', peer, nip04.encrypt(outside, signer.user, text))).toBe(text);
        expect(signer.questions()).toBe(asked + 4);
        await expect(refusalOf(client.call('nip99_levitate'))).resolves.toContain('does not know');
        expect(await client.call('logout')).toBe('ack');
      } finally {
        await client.close();
      }
    },
  );
});

/** What a client says when it is refused: some throw errors, some texts. */
async function refusalOf(asking: Promise<string>): Promise<string> {
  const [said] = await Promise.allSettled([asking]);
  if (said.status === 'fulfilled') throw new Error(`answered: ${said.value}`);
  return String(said.reason instanceof Error ? said.reason.message : said.reason);
}
