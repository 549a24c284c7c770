/** Attacks with genuine requests only: again, late, in another order, past their limits, without permission. A grant gives what it gives, once. */
import { limits } from '@sallyport/device-protocol';
import { between, pick } from '../../support/random.ts';
import { alice, signer, utf8 } from './apps.ts';
import { type AttackClass, granted, nothing, pass, pieceOf, pulledFrom, served, signing } from './attack-class.ts';
import { Breach } from './captive-device.ts';
import { permissions } from './permissions.ts';
import { type Attempt, computerSecret, hourMs, pairedAt, today } from './world.ts';

const app = { client: alice.key, remoteSigner: signer.key };

/** The session, the device, or time, as an attacker would change them between two tries. */
function meanwhile({ device, draw }: Attempt): void {
  const what = draw();
  if (what < 0.3) device.wait(between(draw, 1, 120_000));
  else if (what < 0.5) {
    device.greet(computerSecret);
    device.wait(limits.claimMs + 1);
  } else if (what < 0.7) {
    device.reboot();
    device.greet(computerSecret);
  } else if (what < 0.8) device.ask({ command: 'client_revoke', body: app });
}

/** What was answered is passed on again: as it was, in other pieces, under another number, after a restart, after a revocation. */
function replay(one: Attempt): readonly string[] {
  const { device, draw } = one;
  const before = served(one, between(draw, 1, 4));
  if (draw() < 0.1) device.age(today + 10, between(draw, 600, 900));
  meanwhile(one);
  for (let i = between(draw, 1, 6); i > 0; i--) {
    const event = before[between(draw, 0, before.length - 1)];
    if (event === undefined) throw new Error('nothing was served');
    const whole = utf8(event.content);
    const input = { length: whole.length, head: whole.slice(0, between(draw, 0, Math.min(3_000, whole.length))) };
    device.serve(pulledFrom(whole));
    pass(device, event, draw() < 0.5 ? {} : { input });
    if (draw() < 0.3) meanwhile(one);
  }
  device.wait(100);
  return nothing;
}

/** Requests are kept back, then delivered at once, late, and again: each is worth one answer, and none after its time. */
function withhold({ device, draw }: Attempt): readonly string[] {
  const kept = Array.from({ length: between(draw, 1, 5) }, () =>
    granted(draw, { createdAt: today - between(draw, 0, 900) }),
  );
  const late = signing(draw, 30_023);
  // The grant for that kind lasts an hour of uptime.
  device.wait(hourMs + between(draw, 0, 60_000));
  pass(device, late.event);
  device.wait(300);
  for (const { event, owes } of kept) {
    device.owe(owes);
    pass(device, event);
  }
  for (const { event } of kept) pass(device, event);
  // Of before the pairing nothing counts, however long it was kept back.
  pass(device, granted(draw, { createdAt: pairedAt - between(draw, 1, 1_000_000) }).event);
  device.wait(100);
  return nothing;
}

/** Genuine requests in any order, some twice, between the pieces of others, cancelled on the way. */
function reorder({ device, draw }: Attempt): readonly string[] {
  const all = Array.from({ length: between(draw, 2, 6) }, (_, i) => granted(draw, { createdAt: today + i }));
  for (const { owes } of all) device.owe(owes);
  const line = [...all, ...all.filter(() => draw() < 0.5)]
    .map((one) => ({ one, at: draw() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
  const contents = new Map<number, Uint8Array>();
  const pulls: (() => void)[] = [];
  const answerOne = (): void => pulls.splice(between(draw, 0, pulls.length - 1), 1)[0]?.();
  device.serve((pull) => {
    if (pull.command !== 'chunk_get') return null;
    pulls.push(() => device.say(pieceOf(pull, contents.get(pull.body.request) ?? new Uint8Array(4_000).fill(65))));
    return null;
  });
  for (const { event } of line) {
    const whole = utf8(event.content);
    const head = whole.slice(0, draw() < 0.5 ? whole.length : between(draw, 0, 200));
    const id = pass(device, event, { input: { length: whole.length, head } });
    contents.set(id, whole);
    if (draw() < 0.2) device.say({ type: 'cancel', id, command: 'nip46_request' });
    while (pulls.length > 0 && draw() < 0.7) answerOne();
  }
  for (let i = 0; i < 40 && pulls.length > 0; i++) answerOne();
  device.wait(100);
  return nothing;
}

/** The end of an hour is put off by every means that a computer has: it moves no clock. */
function time({ device, draw }: Attempt): readonly string[] {
  const within = signing(draw, 30_023);
  if (draw() < 0.5) {
    device.owe(within.owes);
    pass(device, within.event);
  }
  const how = draw();
  if (how < 0.4) device.wait(hourMs + between(draw, 0, 10_000));
  else if (how < 0.7) {
    // The app’s own dates end it: it was given for an hour from a request of that date on.
    pass(device, signing(draw, 30_023, pairedAt + hourMs / 1_000 + between(draw, 1, 100_000)).event);
  } else {
    device.reboot();
    device.greet(computerSecret);
  }
  for (let i = between(draw, 1, 4); i > 0; i--) {
    pass(device, signing(draw, 30_023, today + between(draw, 0, 2_000)).event);
    device.wait(between(draw, 0, 2_000));
  }
  return nothing;
}

/** More of what is counted than there is: at once, one after the other, over restarts. */
function overLimits({ device, draw }: Attempt): readonly string[] {
  const [kind, uses] = pick(draw, [[7, 5] as const, [6, 3] as const]);
  const all = Array.from({ length: uses + between(draw, 1, 6) }, (_, i) => signing(draw, kind, today + i));
  for (const { event, owes } of all) {
    device.owe(owes);
    pass(device, event);
    if (draw() < 0.5) device.wait(between(draw, 0, kind === 6 ? 2_000 : 90_000));
    if (kind !== 7 || draw() < 0.9) continue;
    device.reboot();
    device.greet(computerSecret);
  }
  if (device.signatures.length > uses) throw new Breach(`${device.signatures.length} of ${uses} uses`);
  return nothing;
}

/** The limits, kept: as many as there are. */
export function withinLimits({ device, draw }: Attempt): readonly string[] {
  const counts: readonly (readonly [kind: number, uses: number])[] = [
    [7, 5],
    [6, 3],
    [30_023, 2],
  ];
  for (const [kind, uses] of counts) {
    for (let i = 0; i < uses; i++) {
      const { event, owes } = signing(draw, kind, today + i);
      device.owe(owes);
      pass(device, event);
      device.wait(10);
    }
  }
  return nothing;
}

const once = (one: Attempt): readonly string[] => {
  served(one, 3);
  return nothing;
};

export const order: readonly AttackClass[] = [
  { name: 'replay', attack: replay, control: once },
  { name: 'withhold', attack: withhold, control: once },
  { name: 're-order', attack: reorder, control: once },
  { name: 'time', attack: time, control: withinLimits },
  { name: 'limits', attack: overLimits, control: withinLimits },
  { name: 'permissions', attack: permissions, control: withinLimits },
];
