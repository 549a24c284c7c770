/** What the device itself offers when nobody asks anything: set-up, the PIN, or the menu. */

import { expectApp, expectAppMs } from '../apps/new-apps.ts';
import { hasWords } from '../life/accounts.ts';
import { lock, type OpenLife } from '../life/life.ts';
import { accountsMenu } from './account-menu.ts';
import { autoLockFlow, backupFlow, changePinFlow, protectFlow, wipeFlow } from './device-flows.ts';
import type { Flow, Here, Part } from './flow.ts';
import { appsMenu, computersMenu, setSuspended } from './lists.ts';
import { line } from './page-rows.ts';
import { choose, question, tell } from './parts.ts';
import { setUpFlow } from './set-up.ts';
import { unlockFlow } from './unlock.ts';

/** Begins with the key that the resting screen names. */
export function* homeFlow(here: Here): Flow {
  const { life } = here.turn.state;
  switch (life.phase) {
    case 'fresh':
      return yield* setUpFlow(here);
    case 'locked':
      return yield* unlockFlow(here);
    case 'unreadable':
      return yield* troubleMenu(here, life.why === 'no_pin');
    case 'open':
      return yield* mainMenu(here);
  }
}

/** Keys that cannot be used: they get a PIN when that is all they lack, or they are wiped. */
function* troubleMenu(here: Here, lacksPin: boolean): Flow {
  const chosen = yield* choose('Memory fault', lacksPin ? ['Set a PIN', 'Wipe'] : ['Wipe']);
  if (chosen === null) return { type: 'done' };
  return lacksPin && chosen === 0 ? yield* protectFlow(here) : yield* wipeFlow(here);
}

/** `open` null: it was done at once. */
type Entry = { readonly text: string; readonly open: (here: Here) => Part<unknown> | null };

/** The menu of an open device, until the human leaves or the device is not open any more. */
function* mainMenu(here: Here): Flow {
  let at = 0;
  for (;;) {
    const { life } = here.turn.state;
    if (life.phase !== 'open') return { type: 'done' };
    const entries = entriesOf(life);
    const chosen = yield* choose(
      'Menu',
      entries.map(({ text }) => text),
      at,
    );
    const entry = chosen === null ? undefined : entries[chosen];
    if (chosen === null || entry === undefined) return { type: 'done' };
    at = chosen;
    const part = entry.open(here);
    if (part !== null) yield* part;
  }
}

/** What has no sense on this device is not offered. */
function entriesOf(life: OpenLife): readonly Entry[] {
  const { vault, clients, settings } = life;
  const locks = !vault.demo;
  return [
    ...(locks ? [{ text: 'Lock now', open: lockNow }] : []),
    ...(clients.suspended ? [{ text: 'Resume grants', open: resume }] : []),
    { text: 'Accounts', open: accountsMenu },
    { text: 'Pair an app', open: pairAnApp },
    { text: 'Apps', open: appsMenu },
    { text: 'Computers', open: computersMenu },
    ...(hasWords(life) ? [{ text: settings.backupChecked ? 'Backup check' : 'Backup check !', open: backupFlow }] : []),
    ...(locks ? [{ text: 'Change PIN', open: changePinFlow }] : []),
    ...(locks ? [{ text: 'Auto-lock', open: autoLockFlow }] : []),
    ...(clients.suspended ? [] : [{ text: 'Emergency lock', open: emergency }]),
    { text: 'Wipe', open: wipeFlow },
  ];
}

function lockNow(here: Here): null {
  lock(here.turn);
  return null;
}

/** From now on an app that nobody announced may ask to be paired, for some minutes. */
function* pairAnApp(here: Here): Part<void> {
  expectApp(here.turn);
  const minutes = Math.round(expectAppMs / 60_000);
  yield* tell('Pair an app', line(`For ${minutes} minutes a new app may ask to be paired. It still needs your press.`));
}

/** Locks, and nothing is done without a press until the owner takes it back on the device. */
function* emergency(here: Here): Part<void> {
  const text = line('No app may do anything without your press, until you say “Resume grants” here. The device locks.');
  if (!(yield* question('Emergency lock?', text, { yes: 'lock' }))) return;
  if (!setSuspended(here, true)) return;
  lock(here.turn);
}

function* resume(here: Here): Part<void> {
  const text = line('Apps may again do without asking what you had allowed them.');
  if (!(yield* question('Resume grants?', text, { yes: 'resume' }))) return;
  setSuspended(here, false);
  yield* tell('Resumed', line('Grants hold again.'));
}
