/** Apps that address the user key itself, in the world of world.ts: the account is made to answer on its device, and lines are the product's own. */

import { userKeys } from '../../host/src/core/apps/line-keys.ts';
import { hashSecret } from '../../host/src/core/apps/sessions.ts';
import { lineMaker } from '../../host/src/new-line.ts';
import { fingers } from './fingers.ts';
import type { MemoryApp } from './memory-app.ts';
import type { World } from './world.ts';

/** What is on the screen of the device. */
export const screenOf = (world: World): string => world.device.firmware().screen.rows.join('\n');

/** The user's hands, that of a human who reads. */
export function handsOf(world: World) {
  const press = (key: Parameters<World['device']['press']>[0]): void => {
    world.clock.advance(600); // nobody presses before the screen has named its keys
    world.device.press(key);
    world.clock.advance(600);
  };
  return { press, ...fingers(press, () => screenOf(world)) };
}

/** `sallyport user-key 0 on`, and the hold on the device that it takes. */
export function answersAtOwnKey(world: World): void {
  const said: string[] = [];
  world.host().errand({ method: 'account_address', account: 0, addressed: true }, ({ type }) => said.push(type));
  world.wait('the question', () => screenOf(world).includes('Answer at this key?'), 5_000);
  handsOf(world).read();
  world.clock.advance(3_000);
  world.device.press('approve', 2_000);
  world.wait('the account answers', () => userKeys(world.host().bridge().known).length === 1, 5_000);
  if (said.join() !== 'done') throw new Error(`the device said ${said.join()}`);
}

/** `sallyport pair --user-key`: the secret of the line. */
export function userKeyLine(world: World): string {
  const { bridge, toBridge } = world.host();
  const line = lineMaker({ bridge, toBridge, signer: bridge().signer, keyPerApp: false })({
    ...{ name: 'early 2024', account: 0, userKey: true },
  });
  if ('code' in line) throw new Error(line.words);
  const { host, searchParams } = new URL(line.uri);
  const secret = searchParams.get('secret') ?? '';
  if (host !== world.device.pubkey || hashSecret(secret) !== line.hash) throw new Error(`another line: ${line.uri}`);
  return secret;
}

/** An app that knows the user key alone, and is paired there. */
export function appAtUserKey(world: World): MemoryApp {
  const secret = userKeyLine(world);
  const app = world.stranger(world.device.pubkey);
  world.clock.advance(50);
  const { result } = world.ask(app, 'connect', [world.device.pubkey, secret]);
  if (result !== 'ack') throw new Error('the app could not pair');
  return app;
}
