/** What an app really asks for and was never allowed, and what a computer says to widen it. Nobody presses yes. */
import type { RequestOf } from '@sallyport/device-protocol';
import { between, pick } from '../../support/random.ts';
import {
  type AppEvent,
  alice,
  appEvent,
  bob,
  envelope,
  foe,
  friend,
  type Holder,
  otherSigner,
  signer,
  stranger,
  toDecrypt,
  toSign,
  type Wish,
} from './apps.ts';
import { nothing, pass } from './attack-class.ts';
import { type Attempt, today, user } from './world.ts';

const kinds = [0, 3, 4, 5, 9, 13, 14, 15, 1_059, 10_002, 22_242, 24_133, 27_235, 65_535] as const;
const app = { client: alice.key, remoteSigner: signer.key };
const proposal: RequestOf<'grants_propose'>['grants'] = [{ id: 0, verdict: 'allow', method: 'sign_event', kind: 0 }];

export function permissions({ device, draw }: Attempt): readonly string[] {
  const by = (holder: Holder, to: Holder, wish: Wish): AppEvent =>
    appEvent(draw, holder, to, wish, { createdAt: today });
  const sign = (kind: number): Wish => toSign(draw, kind, user.hex, today).wish;
  const announced = draw() < 0.5;
  const moves: readonly [() => void, ...(() => void)[]] = [
    () => pass(device, by(alice, signer, sign(pick(draw, kinds)))),
    () => pass(device, by(alice, otherSigner, sign(1)), {}, 1),
    () => pass(device, by(alice, signer, toDecrypt(draw, foe, user).wish)),
    () => pass(device, by(alice, signer, toDecrypt(draw, user, user).wish)),
    () => pass(device, by(alice, signer, { method: 'nip44_encrypt', params: [friend.hex, 'x'] })),
    () => pass(device, by(alice, signer, { method: pick(draw, ['connect', 'nip44_get_key', 'describe']), params: [] })),
    () => device.ask({ command: 'grants_propose', body: { ...app, grants: proposal } }),
    () => device.ask({ command: 'wipe', body: {} }),
    () => device.ask({ command: 'account_create', body: { name: 'third' } }),
    () => device.ask({ command: 'account_import', body: { name: 'mine', secret: foe.secret } }),
    () => device.ask({ command: 'account_remove', body: { account: 1 } }),
    () => device.ask({ command: 'account_rename', body: { account: 0, name: 'second' } }),
    // To take a deny rule away would widen.
    () => device.ask({ command: 'grant_revoke', body: { ...app, grant: 5 } }),
    () => {
      const body = {
        client: foe.key,
        remoteSigner: signer.key,
        account: 0,
        name: 'Alice’s app',
        perms: 'sign_event:1',
        announced,
        createdAt: today,
      };
      device.ask({ command: 'client_introduce', body });
    },
    () => {
      const connect = { method: 'connect', params: [signer.hex, 'secret', 'sign_event:1,nip44_decrypt'] };
      const event = by(pick(draw, [foe, stranger, bob]), signer, connect);
      device.ask({ command: 'client_connect', body: { ...envelope(event, 0), announced } });
    },
  ];
  for (let i = between(draw, 1, 5); i > 0; i--) {
    pick(draw, moves)();
    device.wait(between(draw, 0, 400));
  }
  if (draw() < 0.3) device.press(pick(draw, ['deny', 'next', 'back']));
  // Whatever was said before: what was denied stays denied.
  const denied = pass(device, by(alice, signer, sign(4)));
  device.wait(10);
  const end = device.endOf(denied);
  if (end !== undefined && end !== 'forbidden' && end !== 'busy') throw new Error(`a denied kind ends as ${end}`);
  return nothing;
}
