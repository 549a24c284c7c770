/**
 * The screens on which the human says what to remember: always or never again, and for how long. What is asked about stands in the first
 * row, in the device's own words; the app's name has a row of its own.
 */

import type { Board } from '../env.ts';
import type { Choice } from '../policy/grants.ts';
import { fit, rowOf, wrap } from './cells.ts';
import { untrustedLine } from './visible-text.ts';

/** `title`: of the review that it is about. `hold`: always takes a hold. `armed`: the keys count. */
type About = { readonly title: string; readonly app: string; readonly hold: boolean; readonly armed: boolean };

export type ChoiceView =
  | ({ readonly type: 'remember' } & About)
  | ({ readonly type: 'how_long'; readonly choice: number } & About);

/** What "always" can mean, the least first. Fourteen characters fit beside a mark on a small board. */
export const choices: readonly { readonly choice: Choice; readonly words: string }[] = [
  { choice: 'until_locked', words: 'until locked' },
  { choice: 'one_hour', words: 'for 1 hour' },
  { choice: 'hundred_times', words: '100 times' },
  { choice: 'always', words: 'for ever' },
];

/** First row, rows between, last row. */
export function choiceRows(view: ChoiceView, board: Board): readonly [string, readonly string[], string] {
  const { columns, keys } = board;
  const app = rowOf(wrap(untrustedLine(view.app === '' ? '(no name)' : view.app), columns), 0);
  const small = board.rows <= 4;
  if (view.type === 'remember') {
    const body = small
      ? [app, fit('ask no more?', columns)]
      : [
          '',
          app,
          '',
          fit('Ask no more about this?', columns),
          '',
          fit(`${keys.approve}  always: for how long?`, columns),
          fit(`${keys.deny}  never again`, columns),
          fit(`${keys.next}${keys.back}    back, decide once`, columns),
        ];
    const bottom = small ? `${keys.approve} yes ${keys.deny} never` : `${keys.approve} always…  ${keys.deny} never`;
    return [fit(view.title, columns), body, view.armed ? fit(bottom, columns) : ''];
  }
  const chosen = choices[view.choice]?.words ?? '';
  const hold = view.hold ? 'hold ' : '';
  if (small) {
    const count = ` ${view.choice + 1}/${choices.length}`;
    const bottom = `${keys.approve} ${view.hold ? 'hold!' : 'yes'} ${keys.deny} no ${keys.next}`;
    return [fit(view.title, columns), [app, fit(`${chosen}${count}`, columns)], fit(bottom, columns)];
  }
  const list = choices.map(({ words }, i) => fit(`${i === view.choice ? '▸' : ' '} ${words}`, columns));
  const warning = view.hold
    ? ['', fit('This can do harm unseen:', columns), fit('hold the key for 2 seconds.', columns)]
    : [];
  const body = ['', app, '', fit('Always allow this …', columns), '', ...list, ...warning];
  return [fit(view.title, columns), body, fit(`${hold}${keys.approve} yes  ${keys.deny} back  ${keys.next}`, columns)];
}
