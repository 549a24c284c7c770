/** Two hosts with one remote-signer key: the user hears of it, and of nothing that only looks like it. */
import { generateSecretKey } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import { probeEvent } from '../../host/src/own-events.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { watchForTwin } from '../../host/src/twin.ts';

const started = 1_760_000_000_000;
const relay = 'wss://one.example';

function watching() {
  const signer = remoteSigner(generateSecretKey(), primitives);
  const warnings: string[] = [];
  let now = started;
  const twin = watchForTwin(
    signer,
    started,
    () => now,
    (words) => warnings.push(words),
  );
  return { signer, twin, warnings, probe: () => probeEvent(signer, now), pass: (ms: number) => (now += ms) };
}

test('the event of another host to itself gives it away, once an hour', () => {
  const { twin, warnings, probe, pass } = watching();
  for (let minutes = 0; minutes < 90; minutes += 3) {
    pass(180_000);
    twin.seen(probe(), relay);
  }
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toContain(relay);
});

test('our own, from whatever relay and however late, does not; nor what was sent before the start, nor what is forged', () => {
  const { twin, warnings, probe, pass } = watching();
  twin.seen(probe(), relay);
  pass(60_000);
  const own = Array.from({ length: 20 }, () => twin.sent(probe()));
  for (const event of own) twin.seen(event, 'wss://two.example');
  twin.seen({ ...probe(), content: 'another' }, relay);
  twin.seen({ ...probe(), sig: '0'.repeat(128) }, relay);
  expect(warnings).toEqual([]);
});

test('what is remembered of our own is bounded', () => {
  const { twin, warnings, probe, pass } = watching();
  pass(60_000);
  const first = twin.sent(probe());
  for (let n = 0; n < 1_024; n++) twin.sent({ ...first, id: n.toString(16).padStart(64, '0') });
  twin.seen(first, relay);
  expect(warnings).toHaveLength(1);
});
