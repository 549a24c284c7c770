/**
 * The scripted human: presses the simulator's keys by itself, for tests and demonstrations. It exists in the simulator only, and
 * the screen says AUTO-PRESS while it is at work.
 *
 * A script has one line a prompt: the keys to press, in order. The last line serves all prompts after it.
 *
 *     next next approve      # pages twice, then approves
 *     hold                   # approves by a held key, where that is asked for
 *     deny
 *     ignore                 # lets the approval time out
 */
import type { Key } from '../board.ts';

/** What a word of a script does: a short press, or the key that approves, held. */
export type Act = Key | 'hold';

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
        return { wrong: `line ${number + 1}: "${word}" is not approve, hold, deny, next, back or ignore` };
    }
    lines.push(acts);
  }
  return lines.length === 0 ? { wrong: 'the script has no line' } : { lines };
}

/** A human who follows the script: give it every screen's waiting request. */
export function scriptedHuman(lines: readonly ScriptLine[], act: (act: Act) => void): (waiting: number | null) => void {
  let prompts = 0;
  let last: number | null = null;
  return (waiting) => {
    if (waiting === null || waiting === last) return;
    last = waiting;
    const acts = lines[Math.min(prompts++, lines.length - 1)] ?? [];
    // Not from within the step that drew the screen: a finger comes after the picture.
    setImmediate(() => {
      for (const one of acts) act(one);
    });
  };
}

function isAct(word: string): word is Act {
  return word === 'hold' || word === 'approve' || word === 'deny' || word === 'next' || word === 'back';
}
