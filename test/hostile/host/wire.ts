/** Attacks below and beside requests: other sessions, other computers, other devices. */
import { limits } from '@sallyport/device-protocol';
import { between, pick } from '../../support/random.ts';
import { alice, appEvent, foe, friend, holder, signer, toDecrypt, toSign } from './apps.ts';
import { type AttackClass, granted, nothing, pass, served, signing } from './attack-class.ts';
import { Breach } from './captive-device.ts';
import { type Attempt, computerSecret, otherComputer, today, user } from './world.ts';

/** What an unpaired computer is never answered. */
const forPaired: readonly string[] = [
  'clients',
  'grants',
  'client_revoke',
  'grant_revoke',
  'hosts',
  'revoke_host',
  'accounts',
  'log_read',
  'lock',
  'nip46_request',
];

/** Everything that only a paired computer may, said by one that is none. */
function sayAll({ device, draw }: Attempt): void {
  const app = { client: alice.key, remoteSigner: signer.key };
  const from = device.heard.length;
  const moves: readonly [() => void, ...(() => void)[]] = [
    () => pass(device, granted(draw).event),
    () => pass(device, granted(draw).event),
    () => device.ask({ command: 'clients', body: { from: 0 } }),
    () => device.ask({ command: 'grants', body: { ...app, from: 0 } }),
    () => device.ask({ command: 'client_revoke', body: app }),
    () => device.ask({ command: 'grant_revoke', body: { ...app, grant: 1 } }),
    () => device.ask({ command: 'hosts', body: {} }),
    () => device.ask({ command: 'accounts', body: {} }),
    () => device.ask({ command: 'log_read', body: { from: 0 } }),
    () => device.ask({ command: 'lock', body: {} }),
    () => device.ask({ command: 'get_result', body: { request: pick(draw, [1_006, 1_008, 1_010]) } }),
    () => device.ask({ command: 'pair', body: { name: 'the test' } }),
    () => device.ask({ command: 'pair_confirm', body: { yes: true } }),
  ];
  for (let i = between(draw, 2, 8); i > 0; i--) {
    pick(draw, moves)();
    device.wait(between(draw, 0, 500));
  }
  for (const message of device.heard.slice(from)) {
    if (message.type === 'reply' && forPaired.includes(message.command))
      throw new Breach(`an unpaired computer is answered ${message.command}`);
  }
}

/** A session without the channel, with a channel bound to another hello, or plain words beside the channel. */
function downgraded(one: Attempt): readonly string[] {
  const { device, draw } = one;
  const how = draw();
  if (how < 0.3) {
    device.greet(null);
    sayAll(one);
  } else if (how < 0.7) {
    device.lieAboutHello(between(draw, 0, 60));
    device.greet(computerSecret);
    if (device.isSealed()) throw new Breach('a channel stands that is bound to another hello');
    sayAll(one);
  } else {
    // Plain among sealed: the session ends, and nothing of it counts.
    device.plainly(() => pass(device, granted(draw).event));
    device.wait(100);
  }
  return nothing;
}

/** Another computer, with a key of its own, that saw everything that went over the wire. */
function secondHost(one: Attempt): readonly string[] {
  const { device, draw } = one;
  if (draw() < 0.5) {
    // The first one has a question open, which is none of the second one's.
    pass(device, signing(draw, 9).event);
    device.wait(500);
  }
  device.greet(otherComputer);
  sayAll(one);
  return nothing;
}

/** What was said to this device in another session, and what was meant for another device. */
function otherDevice({ device, draw }: Attempt): readonly string[] {
  const from = device.sent.length;
  const { event, owes } = granted(draw);
  device.owe(owes);
  pass(device, event);
  const recorded = device.sent.slice(from);
  device.greet(pick(draw, [computerSecret, otherComputer]));
  for (const bytes of recorded) device.raw(bytes);
  device.wait(100);
  device.greet(computerSecret);
  // Signed for a remote-signer key that is paired at another device, by an app that is paired here.
  const elsewhere = holder(between(draw, 0x60, 0x7f));
  const { wish } = draw() < 0.5 ? toSign(draw, 1, user.hex, today) : toDecrypt(draw, friend, user);
  pass(device, appEvent(draw, pick(draw, [alice, foe]), elsewhere, wish, { createdAt: today }));
  device.wait(between(draw, 0, limits.claimMs));
  return nothing;
}

function reconnected(one: Attempt): readonly string[] {
  one.device.greet(computerSecret);
  served(one, 2);
  return nothing;
}

export const wire: readonly AttackClass[] = [
  { name: 'a downgraded hello', attack: downgraded, control: reconnected },
  { name: 'a second host', attack: secondHost, control: reconnected },
  { name: 'another device', attack: otherDevice, control: reconnected },
];
