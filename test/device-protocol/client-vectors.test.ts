/**
 * clients.json beside nostr-tools: what the vectors call an app's event is one, decrypts to what they say with either side's keys, and
 * what they call wrong is wrong in one thing only.
 */
import { nip04, nip44 } from 'nostr-tools';
import { type Event, verifyEvent } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { commands } from '../../device-protocol/src/commands.ts';
import { deviceErrors } from '../../device-protocol/src/errors.ts';
import { decodeMessage, type Request } from '../../device-protocol/src/messages.ts';
import { conversationKeys, nip44Around, nip44Of, paddedOf, publicOf, secrets } from '../vectors/client-events.ts';
import { clientVectors } from '../vectors/clients.ts';
import { bytesOf, hexOf } from '../vectors/diagnostic.ts';

const { valid, invalid, paired } = clientVectors();

function requestOf(message: string): Request<'nip46_request'> {
  const decoded = decodeMessage(bytesOf(message));
  if (decoded.type !== 'request' || decoded.command !== 'nip46_request') throw new Error('no nip46_request');
  return decoded;
}

/** The event that a message carries, as far as it carries it. */
function carried(message: string): Event {
  const { body } = requestOf(message);
  const content = Buffer.from(body.input.head).toString('utf8');
  const tags = body.tags.map((tag) => [...tag]);
  const event = { kind: 24133, pubkey: hexOf(body.client), created_at: body.createdAt, tags, content };
  return { ...event, id: '', sig: hexOf(body.sig) };
}

test('the payloads that are built by hand are those of nostr-tools', () => {
  const key = conversationKeys('client', 'remoteSigner').nip44;
  for (const text of ['a', 'b'.repeat(32), 'c'.repeat(33), 'd'.repeat(1_000)]) {
    const bytes = Uint8Array.from(Buffer.from(text));
    expect(nip44.v2.decrypt(nip44Around(paddedOf(bytes), key), key)).toBe(text);
    expect(nip44Around(paddedOf(bytes), key).length).toBe(nip44Of(text, key).length);
  }
});

describe('valid', () => {
  test.each(valid)('$name', async ({ event, message, plaintext, request }) => {
    expect(verifyEvent({ ...event })).toBe(true);
    const { body } = requestOf(message);
    const head = carried(message);
    expect(event.content.startsWith(head.content)).toBe(true);
    expect(body.input.length).toBe(event.content.length);
    expect({ ...head, content: event.content, id: event.id }).toEqual(event);
    const key = hexOf(body.conversationKey);
    const [first] = paired;
    const isNip04 = event.content.includes('?iv=');
    expect(key).toBe(isNip04 ? first?.shared_x : first?.conversation_key);
    const text = isNip04
      ? await nip04.decrypt(secrets.remoteSigner, publicOf('client'), event.content)
      : nip44.v2.decrypt(event.content, bytesOf(key));
    expect(text).toBe(plaintext);
    expect(JSON.parse(text)).toEqual(request);
  });
});

describe('invalid', () => {
  test.each(invalid)('$name: $error', ({ error, message, ...row }) => {
    expect(Object.keys(deviceErrors)).toContain(error);
    const request = requestOf(message);
    expect(commands[request.command].code).toBe(0x50);
    const event = 'event' in row ? row.event : undefined;
    // What is carried is what was signed, or the row is about just that.
    if (event === undefined) return;
    expect(verifyEvent({ ...event })).toBe(true);
    expect({ ...carried(message), id: event.id }).toEqual(event);
  });

  test('no row is there twice, and every error of an app’s request has rows', () => {
    expect(new Set(invalid.map(({ name }) => name)).size).toBe(invalid.length);
    const errors = new Set(invalid.map(({ error }) => error));
    for (const error of [
      'unauthenticated',
      'unknown_client',
      'replayed',
      'unsupported',
      'invalid_params',
      'forbidden_kind',
    ])
      expect(errors).toContain(error);
  });
});
