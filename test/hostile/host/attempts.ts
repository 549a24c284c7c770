/** All classes of attacks, and how one seeded attempt of them is made and measured. */
import type { AttackClass } from './attack-class.ts';
import { forgery } from './forgery.ts';
import { order } from './order.ts';
import { shown } from './shown.ts';
import { wire } from './wire.ts';
import { attempt, judge } from './world.ts';

export const classes: readonly AttackClass[] = [...forgery, ...order, ...shown, ...wire];

/** One seeded attempt: a Breach is the attacker's win, any other throw a crash of the device. */
export function attack({ attack: run }: AttackClass, seed: number): void {
  const one = attempt(seed);
  judge(one, run(one));
}

/** The untampered control of a class: without it the attacks would prove nothing. */
export function control({ name, control: run }: AttackClass, seed: number): void {
  const one = attempt(seed);
  const pressedFor = run(one);
  judge(one, pressedFor);
  const expected = [...one.device.owed.values()].reduce((sum, count) => sum + count, pressedFor.length);
  const texts = one.device.heard.filter((message) => message.type === 'reply' && 'output' in message.body);
  const got = one.device.signatures.length + texts.length;
  if (expected === 0 || got !== expected) throw new Error(`the control of “${name}” got ${got} of ${expected}`);
}
