/**
 * The scripted human: presses the simulator's keys by itself, for tests and demonstrations. It exists in the simulator only, and
 * the screen says AUTO-PRESS while it is at work.
 *
 * A script has one line a prompt: the keys to press, in order. The last line serves all prompts after it.
 *
 *     yes                    # approves as the screen wants it: by a press, or by a held key
 *     next next approve      # pages twice, then approves by a press
 *     hold                   # approves by a held key, where that is asked for
 *     deny
 *     ignore                 # lets the approval time out
 */
import type { Key } from '../board.ts';
import { holdKey, type SimulatedDevice } from '../simulated-device.ts';

/** What a word of a script does: a short press, the key that approves, held, or whichever of the two says yes here. */
export type Act = Key | 'hold' | 'yes';

/** What is done at one prompt; none means that nobody is there. */
export type ScriptLine = readonly Act[];

/** A script line by line, or the complaint about its first wrong word. */
export function parseScript(text: string): { readonly lines: readonly ScriptLine[] } | { readonly wrong: string } {
  const lines: Act[][] = [];
  for (const [number, line] of text.split('\n').entries()) {
    const words = line
      .replace(/#.*/, '')
      .split(/\s+/)
      .filter((word) => word !== '');
    if (words.length === 0) continue;
    const acts: Act[] = [];
    for (const word of words) {
      if (isAct(word)) acts.push(word);
      else if (word !== 'ignore')
        return { wrong: `line ${number + 1}: "${word}" is not yes, approve, hold, deny, next, back or ignore` };
    }
    lines.push(acts);
  }
  return lines.length === 0 ? { wrong: 'the script has no line' } : { lines };
}

/** A human who follows the script: give it what every screen waits for, and the number of the question. */
export function scriptedHuman(
  lines: readonly ScriptLine[],
  act: (act: Act) => void,
): (waiting: number | null, question: number) => void {
  let prompts = 0;
  let last = '';
  return (waiting, question) => {
    if (waiting === null || last === `${waiting} ${question}`) return;
    last = `${waiting} ${question}`;
    const acts = lines[Math.min(prompts++, lines.length - 1)] ?? [];
    // Not from within the step that drew the screen: a finger comes after the picture.
    setImmediate(() => {
      for (const one of acts) act(one);
    });
  };
}

/** What a script says is done at once: a hold takes its time by the device's clock, which is moved on. */
export function actOn(device: SimulatedDevice, act: Act): void {
  if (act === 'hold' || (act === 'yes' && device.view().hold)) holdKey(device, 'approve');
  else device.press(act === 'yes' ? 'approve' : act);
}

function isAct(word: string): word is Act {
  return (
    word === 'yes' || word === 'hold' || word === 'approve' || word === 'deny' || word === 'next' || word === 'back'
  );
}
