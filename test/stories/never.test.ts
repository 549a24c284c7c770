/** "Never again", and an app that is taken away on the device, hold whatever the app writes around its request. */
import { expect, test } from 'vitest';
import { approves, away, makeWorld } from '../support/world.ts';

test.each([
  ['null', { id: null }],
  ['longer than a device reads', { id: 'x'.repeat(101) }],
  ['empty', { id: '' }],
  ['missing', { text: 'none' }],
])('"never again" holds for a request whose id is %s', (_how, asked) => {
  const world = makeWorld();
  const app = world.app();
  world.human = away;
  const params = (content: string) => [{ kind: 4, created_at: 1_760_000_000, tags: [], content }];
  app.send('sign_event', params('one'), { id: 'a' });
  world.wait('a prompt', () => world.device.prompt() !== null);
  for (const key of ['back', 'deny'] as const) {
    world.clock.advance(700);
    world.device.press(key);
  }
  world.clock.advance(3_000);
  app.send('sign_event', params('two'), { id: 'b' });
  world.clock.advance(3_000);
  expect(app.answersTo('b')).toMatchObject([{ json: { error: expect.stringContaining('never') } }]);
  const before = world.device.prompts.length;
  world.human = approves;
  const text = JSON.stringify({ method: 'sign_event', params: params('again') });
  app.send('sign_event', params('again'), 'text' in asked ? { text } : asked);
  world.clock.advance(4_000);
  expect(world.device.prompts).toHaveLength(before);
  expect(app.inbox.at(-1)?.json).toMatchObject({ result: 'error', error: expect.any(String) });
});
