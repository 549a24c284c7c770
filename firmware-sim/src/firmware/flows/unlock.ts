/**
 * The PIN: waiting for the next try, entering it, and what came of it. Tries are counted by the vault, before it looks at them; how long
 * the human has to wait is held here.
 */
import { limits } from '@sallyport/device-protocol';
import { changeOpen, noWrongPins, openLife, setLife, startAnew, type WrongPins } from '../life/life.ts';
import { appendLog } from '../logging.ts';
import { type OpenVault, tryPin, waitMs } from '../vault/vault.ts';
import type { Flow, Here, Part } from './flow.ts';
import { line } from './page-rows.ts';
import { pin, tell, working } from './parts.ts';

/** Asks until the PIN is right, the human leaves, or the device is wiped. */
export function* unlockFlow(here: Here): Flow {
  for (;;) {
    const { life } = here.turn.state;
    if (life.phase !== 'locked') return { type: 'failed', error: 'wrong_state' };
    if (!(yield* untilTry(here, life.wrongPins))) return { type: 'failed', error: 'denied' };
    const entered = yield* pin(here, 'Unlock', triesLeft(life.wrongPins.failures));
    if (entered === null) return { type: 'failed', error: 'denied' };
    yield* working('Checking the PIN…');
    const { turn } = here;
    const tried = tryPin(turn.env, entered);
    if (tried.type === 'open') {
      appendLog(turn, { event: 'unlocked' });
      setLife(turn, openLife(turn.env, tried.vault, turn.now));
      return { type: 'done' };
    }
    const left = yield* wrong(here, tried);
    if (left === null) return { type: 'failed', error: here.turn.state.life.phase === 'fresh' ? 'fresh' : 'storage' };
    const wrongPins = wrongNow(here, left);
    setLife(here.turn, { phase: 'locked', wrongPins });
    yield* tell('Wrong PIN', line(`${triesLeft(wrongPins.failures)}. Then the device wipes itself.`));
  }
}

/** Asks for the PIN of a device that is open; null: it was not given. Wrong ones count and cost time like any other. */
export function* confirmPin(here: Here, title: string): Part<true | null> {
  for (;;) {
    const { life } = here.turn.state;
    if (life.phase !== 'open') return null;
    if (!(yield* untilTry(here, life.wrongPins))) return null;
    const entered = yield* pin(here, title, triesLeft(life.wrongPins.failures));
    if (entered === null) return null;
    yield* working('Checking the PIN…');
    const tried = tryPin(here.turn.env, entered);
    if (tried.type === 'open') {
      tried.vault.close();
      changeOpen(here.turn, (open) => ({ ...open, wrongPins: noWrongPins }));
      return true;
    }
    const left = yield* wrong(here, tried);
    if (left === null) return null;
    const wrongPins = wrongNow(here, left);
    changeOpen(here.turn, (open) => ({ ...open, wrongPins }));
    yield* tell('Wrong PIN', line(`${triesLeft(wrongPins.failures)}. Then the device wipes itself.`));
  }
}

/** What a wrong try leads to: how many are left, or null when there is nothing more to try. */
function* wrong(
  here: Here,
  tried: Exclude<ReturnType<typeof tryPin>, { type: 'open'; vault: OpenVault }>,
): Part<number | null> {
  const { turn } = here;
  if (tried.type === 'wrong') {
    appendLog(turn, { event: 'wrong_pin' });
    return tried.left;
  }
  if (tried.type === 'wiped') {
    startAnew(turn);
    yield* tell('Wiped', line('Ten wrong PINs: everything is gone.'));
    return null;
  }
  setLife(turn, { phase: 'unreadable', why: tried.why });
  return null;
}

/** Lets the time pass that a wrong PIN costs; false: the human left. */
function* untilTry(here: Here, { notBefore }: WrongPins): Part<boolean> {
  if (here.turn.now >= notBefore) return true;
  const answer = yield { type: 'wait', title: 'Locked', text: 'Next try in', until: notBefore };
  return answer.type === 'yes';
}

/** A wrong PIN just now, after which so many tries are left. */
function wrongNow({ turn }: Here, left: number): WrongPins {
  const failures = limits.pinFailuresMax - left;
  return { failures, notBefore: turn.now + waitMs(failures) };
}

function triesLeft(failures: number): string {
  const left = limits.pinFailuresMax - failures;
  if (failures === 0) return '';
  return left === 1 ? '1 try left' : `${left} tries left`;
}
