/** What the user set, as it was kept. What cannot be read is not guessed: nothing starts without it. */
import { type KeptRelays, noneKept, parseRelays, relaysText } from '../core/apps/own-relays.ts';
import { type Narrowing, noNarrowing } from '../core/narrowing/narrowing.ts';
import { parseNarrowing } from '../core/narrowing/narrowing-text.ts';
import { nobody, type People, parsePeople, peopleText } from '../core/web/people.ts';
import type { Store } from './store.ts';

/** What the user let through when the last host ended. One that cannot be read might be a kill switch: nothing starts without it. */
export function narrowingIn(store: Pick<Store, 'setting'>): Narrowing {
  const text = store.setting('narrowing');
  if (text === null) return noNarrowing;
  const narrowing = parseNarrowing(text);
  if (narrowing === null)
    throw new Error('The rules and pauses in the state directory cannot be read. Restore a backup.');
  return narrowing;
}

/** The relays that the user added, and where apps were told to be. */
export function relaysIn(store: Pick<Store, 'setting'>): KeptRelays {
  const relays = parseRelays(store.setting('relays') ?? relaysText(noneKept));
  if (relays === null) throw new Error('The relays in the state directory cannot be read. Restore a backup.');
  return relays;
}

/** Who has a name. */
export function peopleIn(store: Pick<Store, 'setting'>): People {
  const people = parsePeople(store.setting('people') ?? peopleText(nobody));
  if (people === null) throw new Error('The names in the state directory cannot be read. Restore a backup.');
  return people;
}
