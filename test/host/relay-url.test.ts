/** Relay addresses: one form for what means the same relay, null for what is none. */
import { expect, it } from 'vitest';
import { parseRelayUrl } from '../../host/src/relays/relay-url.ts';

it.each([
  ['wss://Relay.Example/', 'wss://relay.example'],
  [' ws://127.0.0.1:80/ ', 'ws://127.0.0.1'],
  ['wss://relay.example/nostr/', 'wss://relay.example/nostr/'],
  ['wss://relay.example/?a=b#c', 'wss://relay.example/?a=b'],
  ['https://relay.example', null],
  ['wss://user:word@relay.example', null],
  ['relay.example', null],
  ['', null],
])('%s', (text, normal) => {
  expect(parseRelayUrl(text)).toBe(normal);
});
