/** Attacks upon one request: what its app did not sign, not to this key, not with these bytes. Nothing of it may show. */
import { limits } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { acceleratedCrypto as curve } from '../../../firmware-sim/src/accelerated-crypto.ts';
import { between, bytesFrom, type Chance, pick } from '../../support/random.ts';
import {
  type AppEvent,
  alice,
  appEvent,
  bob,
  envelope,
  foe,
  friend,
  type Holder,
  inputOf,
  otherSigner,
  sharedBy,
  signer,
  stranger,
  toSign,
  utf8,
} from './apps.ts';
import { type AttackClass, type Body, granted, nothing, pass, pulledFrom, served, signing } from './attack-class.ts';
import { Breach } from './captive-device.ts';
import { judge, otherUser, today, user } from './world.ts';

/** An event, how its request is changed, and for which account it is passed on. */
type Spoiled = readonly [event: AppEvent, change?: Partial<Body>, account?: number];
/** Alternatives, of which the seed picks one before it is made. */
type Ways<T> = readonly [() => T, ...(() => T)[]];

const flip = (draw: Chance, bytes: Uint8Array): Uint8Array => {
  const at = between(draw, 0, bytes.length - 1);
  return bytes.map((byte, i) => (i === at ? byte ^ (1 << between(draw, 0, 7)) : byte));
};

/** A class that sends one spoiled request and lets time pass; nothing of it may show. */
function quietly(name: string, spoil: (draw: Chance) => Spoiled): AttackClass {
  return {
    name,
    control: (one) => {
      served(one, 2);
      // Another app, paired for the other identity.
      const { wish, hash } = toSign(one.draw, 1, otherUser.hex, today);
      one.device.owe(hash);
      pass(one.device, appEvent(one.draw, bob, signer, wish, { createdAt: today }), {}, 1);
      return nothing;
    },
    attack: (one) => {
      const { device, draw } = one;
      device.beQuiet();
      const [event, change, account] = spoil(draw);
      device.serve(pulledFrom(utf8(event.content)));
      const id = pass(device, event, change, account);
      device.wait(between(draw, 0, 3_000));
      judge(one, nothing);
      for (const message of device.heard) {
        if ((message.type !== 'error' && message.type !== 'reply') || message.id !== id) continue;
        const known = message.type === 'error' && refusals.includes(message.error) && message.detail === undefined;
        if (!known) throw new Breach(`it says more than no: ${JSON.stringify(message)}`);
      }
      return nothing;
    },
  };
}

/** What the computer could have computed itself, and the one word for everything else. */
const refusals: readonly string[] = ['unknown_account', 'invalid_params', 'unknown_client', 'unauthenticated'];

/** In the name of alice's app, and not signed by it. */
function forged(draw: Chance): Spoiled {
  const { event } = signing(draw, 1);
  const other = signing(draw, 1).event.sig;
  const { sig, content } = event;
  const { secret } = pick(draw, [signer, bob, stranger, foe, friend]);
  const kind = pick(draw, [1, 4, 1_059, 24_132]);
  const ways: Ways<Uint8Array> = [
    () => curve.signSchnorr(Uint8Array.from(Buffer.from(event.id, 'hex')), secret, bytesFrom(draw)(32)),
    () => flip(draw, sig),
    () => other,
    () => new Uint8Array(64).fill(pick(draw, [0, 1, 0xff])),
    () => bytesFrom(draw)(64),
    () => Uint8Array.from([...sig.slice(32), ...sig.slice(0, 32)]),
    () => Uint8Array.from([...sig.slice(0, 32), ...other.slice(32)]),
    // Signed by the app, but as an event of another kind: a note, a gift wrap.
    () => appEvent(draw, alice, signer, event.wish, { createdAt: today, kind, content }).sig,
  ];
  return [event, { sig: pick(draw, ways)() }];
}

/** The same bytes, fewer of them. */
function truncated(draw: Chance): Spoiled {
  const long = draw() < 0.4 ? 'x'.repeat(between(draw, 3_000, 9_000)) : undefined;
  const { wish } = toSign(draw, 1, user.hex, today, long);
  const event = appEvent(draw, alice, signer, wish, { createdAt: today, old: draw() < 0.3 });
  const whole = utf8(event.content);
  const length = pick(draw, [0, 1, whole.length - 1, whole.length - 4, between(draw, 0, whole.length - 1)]);
  const ways: Ways<Partial<Body>> = [
    () => ({ input: inputOf(whole.slice(0, length)) }),
    () => ({ input: { length, head: inputOf(whole).head } }),
    () => ({ input: { length, head: new Uint8Array(0) } }),
    () => ({ input: inputOf(whole.slice(between(draw, 1, whole.length - 1))) }),
    () => ({ tags: [] }),
    () => ({ tags: [['p']] }),
    () => ({ tags: [['p', signer.hex.slice(0, between(draw, 0, 63))]] }),
  ];
  return [event, pick(draw, ways)()];
}

/** An app's own request, for another account than it was paired with. */
function otherAccount(draw: Chance): Spoiled {
  const ways: Ways<Spoiled> = [
    () => [granted(draw).event, {}, between(draw, 1, limits.accountsMax - 1)],
    () => [granted(draw).event, {}, 1],
    () => [appEvent(draw, bob, signer, signing(draw, 1).event.wish, { createdAt: today }), {}, pick(draw, [0, 2, 15])],
    () => [appEvent(draw, alice, otherSigner, signing(draw, 1).event.wish, { createdAt: today }), {}, 0],
  ];
  return pick(draw, ways)();
}

/** One app's request in the name of another one, or of the same one at another key. */
function otherClient(draw: Chance): Spoiled {
  const by = (app: Holder, to: Holder, tags?: string[][]): AppEvent => {
    const { wish } = toSign(draw, 1, user.hex, today);
    return appEvent(draw, app, to, wish, tags === undefined ? { createdAt: today } : { createdAt: today, tags });
  };
  const event = by(alice, signer);
  const keyOf = (mine: Holder, to: Holder): Uint8Array => sharedBy(mine, to).nip44;
  const [here, there] = [signer.hex, otherSigner.hex];
  const ways: Ways<Spoiled> = [
    () => [event, { client: bob.key }, pick(draw, [0, 1])],
    () => [event, { client: bob.key, conversationKey: keyOf(bob, signer) }, 1],
    () => [event, { client: stranger.key }],
    () => [event, { tags: [['p', there]] }, 1],
    () => [event, { tags: [['p', there]], conversationKey: keyOf(alice, otherSigner) }, pick(draw, [0, 1])],
    // What a stranger and a revoked app really signed.
    () => [by(foe, signer), {}],
    () => [by(stranger, signer), {}],
    () => [by(foe, signer), { client: alice.key }],
    // Signed by bob, named as alice's, with alice's conversation key.
    () => [by(bob, signer), { client: alice.key, conversationKey: keyOf(alice, signer) }],
    // Signed for the key where alice has no grants, named as for the one where she has.
    () => [by(alice, otherSigner), { tags: [['p', here]] }],
    () => [
      by(alice, otherSigner, [
        ['p', there],
        ['p', here],
      ]),
    ],
    () => [
      by(alice, otherSigner, [
        ['p', here],
        ['p', there],
      ]),
    ],
    () => [by(alice, otherSigner, [['p', here.toUpperCase()]])],
    () => [
      by(alice, signer, [
        ['p', here],
        ['p', here],
      ]),
    ],
    () => [by(alice, signer, [['e', here]])],
  ];
  return pick(draw, ways)();
}

/** Parts of two genuine events put together. */
function mixed(draw: Chance): Spoiled {
  const { event } = granted(draw);
  const other = granted(draw, { createdAt: today + between(draw, 1, 500) }).event;
  const { sig, createdAt, input } = envelope(other, 0);
  const again = (): string =>
    nip44.v2.encrypt(JSON.stringify({ id: 'x', ...event.wish }), event.conversationKey, bytesFrom(draw)(32));
  const ways: Ways<Partial<Body>> = [
    () => ({ input }),
    () => ({ sig }),
    () => ({ createdAt }),
    () => ({ sig, createdAt }),
    () => ({ input, createdAt }),
    () => ({ sig, input }),
    () => ({
      tags: [
        ['p', signer.hex],
        ['e', other.id],
      ],
    }),
    () => ({ tags: [['p', signer.hex, 'wss://relay.example']] }),
    () => ({ input: inputOf(flip(draw, utf8(event.content))) }),
    () => ({ createdAt: event.createdAt + pick(draw, [1, -1, 60, -60]) }),
    // What the app asked, encrypted anew by the attacker, who can.
    () => ({ input: inputOf(utf8(again())) }),
  ];
  return [event, pick(draw, ways)()];
}

/** Everything as the app signed it, but for the key to its content; or that key, and a MAC that does not commit to it. */
function wrongKey(draw: Chance): Spoiled {
  if (draw() < 0.2) {
    const payload = Buffer.from(signing(draw, 1).event.content, 'base64');
    const content = Buffer.from([...payload.subarray(0, -32), ...flip(draw, payload.subarray(-32))]).toString('base64');
    return [signing(draw, 1, today, { content }).event];
  }
  const old = draw() < 0.4;
  const { event } = signing(draw, 1, today, { old });
  const right = sharedBy(alice, signer);
  const ways: Ways<Uint8Array> = [
    () => (old ? right.nip44 : right.nip04),
    () => flip(draw, event.conversationKey),
    () => sharedBy(bob, signer)[old ? 'nip04' : 'nip44'],
    () => sharedBy(alice, otherSigner)[old ? 'nip04' : 'nip44'],
    () => new Uint8Array(32).fill(pick(draw, [0, 0xff])),
    () => bytesFrom(draw)(32),
  ];
  return [event, { conversationKey: pick(draw, ways)() }];
}

export const forgery: readonly AttackClass[] = [
  quietly('forge', forged),
  quietly('truncate', truncated),
  quietly('swap the account', otherAccount),
  quietly('swap the client', otherClient),
  quietly('swap the event', mixed),
  quietly('a wrong conversation key', wrongKey),
];
