/** The attacks of a hostile host (test/hostile/host): every seed is one attempt of one class, the classes in turn. */
import { attack, classes, control } from '../hostile/host/attempts.ts';
import { forEachSeed, type Stage } from './stage.ts';

export const hostileHost: Stage = {
  count: 10_800,
  run: (first, count) => {
    const made = new Map<string, number>();
    for (const one of classes) control(one, first);
    forEachSeed(first, count, (seed) => {
      const one = classes[seed % classes.length];
      if (one === undefined) throw new Error('no class of attacks');
      made.set(one.name, (made.get(one.name) ?? 0) + 1);
      attack(one, Math.floor(seed / classes.length));
    });
    const least = Math.min(...made.values());
    return `${made.size} classes, at least ${least} attempts each: nothing signed, decrypted, paired or granted without the button`;
  },
};
