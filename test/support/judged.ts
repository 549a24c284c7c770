/** Worlds of one test, of each of which it is asked at the end of the test what must always be true. */
import { afterEach } from 'vitest';
import { makeWorld, type World, type WorldOptions } from './world.ts';

/** To be called once in a file of tests; makes a world whenever it is asked for one. */
export function judgedWorlds(): (options?: WorldOptions) => World {
  let worlds: World[] = [];
  afterEach(() => {
    for (const world of worlds) world.judge();
    worlds = [];
  });
  return (options = {}) => {
    const world = makeWorld(options);
    worlds.push(world);
    return world;
  };
}
