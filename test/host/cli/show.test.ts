/** What commands say to people about relays: how each is, and how it has been. */
import { expect, test } from 'vitest';
import { relayHealthText } from '../../../host/src/cli/show.ts';

const fresh = {
  url: 'wss://relay.example',
  own: true,
  state: 'connecting',
  reason: null,
  queued: 0,
  connectedAt: null,
  lastEventAt: null,
  roundTripMs: null,
  refused: 0,
  refusal: null,
  rateLimited: 0,
  auth: null,
  notice: null,
} as const;

test('a relay that is not there yet, one that serves, and one that makes trouble', () => {
  expect(relayHealthText(fresh)).toBe('wss://relay.example  connecting\n    no request yet\n');
  const at = Date.UTC(2025, 9, 9, 8);
  const serves = {
    ...fresh,
    state: 'listening',
    connectedAt: at,
    lastEventAt: at,
    roundTripMs: 48,
    auth: 'accepted',
  } as const;
  expect(relayHealthText(serves)).toMatch(
    /^wss:\/\/relay\.example {2}listening\n {4}connected since .+, last request .+, there and back in 48 ms, authentication accepted\n$/,
  );
  const trouble = {
    ...fresh,
    own: false,
    state: 'deaf',
    reason: 'It delivers nothing.',
    refused: 2,
    refusal: 'blocked: no',
    rateLimited: 3,
  };
  expect(relayHealthText({ ...trouble, queued: 1, notice: 'go away' })).toBe(
    'wss://relay.example  deaf: It delivers nothing., 1 answers wait\n    only for apps that are there, no request yet, rate limited 3 times, refused 2 times: blocked: no, says: go away\n',
  );
});
