/** What a person reads when the host has started: a line that only apps on this computer can use is said to be one. */
import { expect, test } from 'vitest';
import { sentenceOf } from '../../host/src/report.ts';

test.each([
  [['ws://127.0.0.1:4000'], true],
  [['ws://localhost:4000', 'ws://[::1]:4000'], true],
  [['ws://127.0.0.1:4000', 'wss://relay.example.com'], false],
  [['wss://localhost.example.com'], false],
])('relays %j are here only: %s', (relays, isHereOnly) => {
  const commands = { status: 'sallyport status', demoApp: 'sallyport demo-app' };
  const uri = 'bunker://aa';
  const text = sentenceOf({ type: 'bunker', uri, relays, demo: null, state: '/s', commands, dashboard: null }) ?? '';
  expect(text.includes('For apps elsewhere: --relay wss://')).toBe(isHereOnly);
  expect(text.includes('Paste this line into a Nostr app on this computer,')).toBe(isHereOnly);
});
