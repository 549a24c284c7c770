/** The questions of the device: on both boards the title is whole, and every key that does something is named, on every page. */
import { describe, expect, test } from 'vitest';
import { LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { type Asking, pagesOf, questionPage } from '../../firmware-sim/src/firmware/flows/page.ts';
import { flowRows, line } from '../../firmware-sim/src/firmware/flows/page-rows.ts';

const questions: readonly (readonly [title: string, short: string, asking: Asking])[] = [
  ['Import a key?', 'Import?', { hold: true, yes: 'import' }],
  ['New account?', 'New account?', { yes: 'add' }],
  ['Rename account?', 'Rename?', { yes: 'rename' }],
  ['Remove account?', 'Remove?', { hold: true, yes: 'remove' }],
  ['Wipe device?', 'Wipe device?', { hold: true, yes: 'wipe' }],
  ['Backup check', 'Backup check', { yes: 'begin', no: 'leave' }],
  ['Emergency lock?', 'Emergency?', { yes: 'lock' }],
  ['Forget computer?', 'Forget?', { yes: 'forget' }],
  ['Ask again?', 'Ask again?', { yes: 'ask again' }],
  ['24 words', '24 words', { yes: 'next', no: 'leave', whole: true }],
];

describe.each([LCD240, OLED128])('$name', (board) => {
  const text = Array.from({ length: board === LCD240 ? 20 : 12 }, (_, n) => line(`line ${n}`)).join('');
  const count = pagesOf(text, board);
  test.each(questions)('%s', (title, short, asking) => {
    const first = questionPage(title, text, asking);
    if (first.type !== 'question') throw new Error('a question is one');
    for (const page of [0, count - 1]) {
      const [top, , keys] = flowRows(
        { type: 'flow', page: { ...first, page, seen: page }, armed: true, now: 0 },
        board,
      );
      expect(top.trimEnd()).toMatch(new RegExp(` ${page + 1}/${count}$`));
      expect(top.startsWith(`${board === LCD240 ? title : short} `)).toBe(true);
      const { next, deny } = board.keys;
      expect(keys).toMatch(new RegExp(`${deny} (no|leave)`));
      expect(keys.trimEnd()).toMatch(new RegExp(`${next}▼?$`));
      const unseen = asking.whole === true && page === 0;
      expect(/(KEY1|●R|HOLD R)/.test(keys)).toBe(!unseen);
      expect(keys.includes('HOLD')).toBe(asking.hold === true);
    }
  });
});
