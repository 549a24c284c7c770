/** The small parts that flows are made of: each puts a page on the screen and comes to a value. */

import type { Here, Part } from './flow.ts';
import { type Asking, listPage, pinPage, questionPage, textPage, wordPage } from './page.ts';
import { line } from './page-rows.ts';

/** A yes or a no. */
export function* question(title: string, text: string, asking: Asking = {}): Part<boolean> {
  const answer = yield questionPage(title, text, asking);
  return answer.type === 'yes';
}

/** Something to be read; any answer goes on. */
export function* tell(title: string, text: string): Part<void> {
  yield questionPage(title, text, { yes: 'ok', no: 'ok' });
}

/** Which of the lines; null: the human went back. */
export function* choose(title: string, items: readonly string[], cursor = 0): Part<number | null> {
  const answer = yield listPage(title, items, cursor);
  return answer.type === 'chosen' ? answer.index : null;
}

/** A word of the list; null: the human went back. */
export function* word(here: Here, title: string): Part<string | null> {
  const answer = yield wordPage(title, here.turn.env.random);
  return answer.type === 'text' ? answer.text : null;
}

/** A text of printable ASCII; null: the human went back. */
export function* text(title: string, begun: string, max: number): Part<string | null> {
  const answer = yield textPage(title, begun, max);
  return answer.type === 'text' ? answer.text : null;
}

/** Says that the device works, before it does: what takes long is done in the step after this. */
export function* working(words = 'Working…'): Part<void> {
  yield { type: 'wait', title: 'Sallyport', text: words, until: null };
}

/** A PIN; null: the human went back. */
export function* pin(here: Here, title: string, note = ''): Part<string | null> {
  const answer = yield pinPage(title, note, here.turn.env.random);
  return answer.type === 'text' ? answer.text : null;
}

/** A new PIN, entered twice. */
export function* newPin(here: Here): Part<string | null> {
  for (;;) {
    const first = yield* pin(here, 'New PIN', '4 to 16 digits');
    if (first === null) return null;
    const second = yield* pin(here, 'PIN again', 'the same again');
    if (second === first) return first;
    if (second !== null) yield* tell('Not the same', line('The two PINs differ. Once more.'));
  }
}
