/** The cable comes out in the middle of a request, and goes back in. */
import type { MemoryApp } from './memory-app.ts';
import { away, prompted, type World } from './world.ts';

/** When it comes out. */
export const glitches = ['before I press', 'while I press', 'after I pressed'] as const;

/** An app asks for a signature, its human says yes by one press, and its answer arrives; gives the id of the request. */
export function askedOverGlitch(
  world: World,
  app: MemoryApp,
  template: unknown,
  when: (typeof glitches)[number],
): ReturnType<MemoryApp['send']> {
  world.human = away;
  const id = app.send('sign_event', [JSON.stringify(template)]);
  prompted(world);
  world.clock.advance(500); // the keys are named by now
  if (when === 'after I pressed') {
    world.device.press('approve');
    world.clock.advance(1);
  }
  world.unplug();
  if (when === 'while I press') world.device.press('approve');
  world.clock.advance(2_000);
  world.plug();
  world.clock.advance(2_000);
  if (when === 'before I press') world.device.press('approve');
  world.wait('the answer', () => app.answersTo(id).length === 1);
  return id;
}
