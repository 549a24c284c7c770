/** How the pages of the flows look on a board: the first row names what this is, the last one what the keys do. */
import { limits } from '@sallyport/device-protocol';
import type { Board } from '../env.ts';
import { fit, rowCells, rowOf, wrap } from '../screen/cells.ts';
import { largeDigit } from '../screen/pairing-screen.ts';
import { OWN, untrustedLine } from '../screen/visible-text.ts';
import { type Page, pagesOf, pinDone, textGroups, wordOptions, wordsWith } from './page.ts';

/** A page of a flow. `armed`: its keys count, and are named. `now` is for what is left of a wait. */
export type FlowView = { readonly type: 'flow'; readonly page: Page; readonly armed: boolean; readonly now: number };

type Rows = readonly [string, readonly string[], string];

/** First row, rows between, last row; an empty string is a blank row. */
export function flowRows({ page, armed, now }: FlowView, board: Board): Rows {
  const [top, body, keys] = rowsOf(page, board, now);
  return [fit(top, board.columns), body.map((row) => fit(row, board.columns)), armed ? fit(keys, board.columns) : ''];
}

function rowsOf(page: Page, board: Board, now: number): Rows {
  switch (page.type) {
    case 'list':
      return listRows(page, board);
    case 'question':
      return questionRows(page, board);
    case 'pin':
      return pinRows(page, board);
    case 'word':
      return wordRows(page, board);
    case 'text':
      return textRows(page, board);
    case 'wait': {
      const left = page.until === null ? '' : ` ${Math.max(1, Math.ceil((page.until - now) / 1_000))} s`;
      const keys = page.until === null ? '' : `${board.keys.deny} ${isSmall(board) ? 'no' : 'leave'}`;
      return [page.title, middle([...textLines(page.text, board), ...(left === '' ? [] : [left.trim()])], board), keys];
    }
  }
}

function listRows({ title, items, cursor }: Page & { type: 'list' }, board: Board): Rows {
  const height = board.rows - 2;
  const from = Math.floor(cursor / height) * height;
  const rows = items.slice(from, from + height).map((item, i) => {
    return `${from + i === cursor ? '>' : ' '} ${oneRow(item, board.columns - 2)}`;
  });
  const number = items.length > height ? ` ${cursor + 1}/${items.length}` : '';
  const { approve, deny, next, back } = board.keys;
  const keys = isSmall(board)
    ? `${approve} ok ${next}▼ ${deny} back`
    : `${approve} choose  ${back}${next}  ${deny} back`;
  return [titled(title, number, board), rows, keys];
}

/** As much as fits a row. That there is more is marked, wherever it was cut: two names may begin alike. */
function oneRow(item: string, columns: number): string {
  const lines = wrap(item, columns);
  if (lines.starts.length === 1) return rowOf(lines, 0);
  return `${rowOf(wrap(item, columns - 1), 0).replace(/[ ⋯]+$/, '')}⋯`;
}

function questionRows(page: Page & { type: 'question' }, board: Board): Rows {
  const { text, title, yes, no, hold } = page;
  const { approve, deny, next, back } = board.keys;
  const lines = wrap(text, board.columns);
  const height = board.rows - 2;
  const count = pagesOf(text, board);
  const from = page.page * height;
  const rows = Array.from({ length: Math.min(height, lines.starts.length - from) }, (_, i) => rowOf(lines, from + i));
  const unseen = count - 1 - page.seen;
  const more = count === 1 ? '' : isSmall(board) ? `${next}${unseen > 0 ? '▼' : ''}` : `${back}${next}`;
  const silent = page.whole && unseen > 0;
  const says = silent ? '' : `${hold ? 'HOLD ' : ''}${approve} ${yes}`;
  const keys = isSmall(board)
    ? smallKeys({ hold, yes: silent ? null : yes, no, more }, board)
    : [says, `${deny} ${no}`, more].filter((part) => part !== '').join('  ');
  return [titled(title, count > 1 ? ` ${page.page + 1}/${count}` : '', board), rows, keys];
}

type SmallKeys = { readonly hold: boolean; readonly yes: string | null; readonly no: string; readonly more: string };

/** Every key is named, whatever the words cost: they get shorter until all fit, and the title says what yes is said to. */
function smallKeys({ hold, yes, no, more }: SmallKeys, { keys, columns }: Board): string {
  const key = hold ? `HOLD ${keys.next}` : keys.approve;
  const tries = [
    [yes === null ? '' : `${key} ${yes}`, `${keys.deny} ${no}`],
    [yes === null ? '' : `${key} ${yes}`, `${keys.deny} no`],
    [yes === null ? '' : hold ? key : `${key} yes`, `${keys.deny} no`],
  ].map((parts) => [...parts, more].filter((part) => part !== '').join(' '));
  return tries.find((row) => rowCells(row) <= columns) ?? tries.at(-1) ?? '';
}

function pinRows({ title, note, digits, at }: Page & { type: 'pin' }, board: Board): Rows {
  const { approve, deny, next, back } = board.keys;
  const dots = digits === '' ? '' : '●'.repeat(digits.length);
  const options = [...'0123456789', 'done'];
  // A PIN that is too short does not end: the key that would end it is not named.
  const short = digits.length < limits.pinMin;
  const turning = wheel(options, at, board);
  if (isSmall(board)) {
    const takes = at === pinDone ? (short ? '' : `${approve} ok `) : `${approve} take `;
    return [
      dots === '' && note !== '' ? note : title,
      [centred(dots, board), turning],
      `${takes}${next}▼ ${deny} ${digits === '' ? 'no' : 'del'}`,
    ];
  }
  const big =
    at === pinDone ? ['', '', centred('done', board), '', ''] : largeDigit(at).map((row) => centred(row, board));
  const takes = at === pinDone ? (short ? '' : `${approve} done  `) : `${approve} take  `;
  const deletes = digits === '' ? 'leave' : 'delete';
  const rows = [note, '', centred(dots, board), '', ...big, '', turning];
  return [title, rows, `${takes}${back}${next} turn  ${deny} ${deletes}`];
}

function wordRows({ title, prefix, at }: Page & { type: 'word' }, board: Board): Rows {
  const { approve, deny, next, back } = board.keys;
  const options = wordOptions(prefix);
  const option = options[at] ?? '';
  const so = option.length > 1 ? option : prefix + option;
  const begun = centred(option.length > 1 ? option : `${so}…`, board);
  const turning = wheel(options, at, board);
  if (isSmall(board)) return [title, [begun, turning], `${approve} ok ${next}▼ ${deny} del`];
  const examples = wordsWith(so).slice(0, 5);
  const deletes = prefix === '' ? 'leave' : 'delete';
  return [
    title,
    ['', begun, '', turning, '', ...examples.map((word) => `  ${word}`)],
    `${approve} take  ${back}${next} turn  ${deny} ${deletes}`,
  ];
}

function textRows({ title, text, group, at }: Page & { type: 'text' }, board: Board): Rows {
  const { approve, deny, next, back } = board.keys;
  const groups = textGroups.map((one) => (one === '' ? 'done' : one.replace(' ', 'space ')));
  const options = group === null ? groups : [...(textGroups[group] ?? '')].map((one) => (one === ' ' ? 'space' : one));
  const turning = wheel(options, at, board);
  const shown = text.replaceAll(' ', '·').slice(-(board.columns - 1));
  if (isSmall(board)) return [title, [`${shown}_`, turning], `${approve} ok ${next}▼ ${deny} del`];
  const deletes = group !== null ? 'groups' : text === '' ? 'leave' : 'delete';
  return [title, ['', `${shown}_`, '', turning], `${approve} take  ${back}${next} turn  ${deny} ${deletes}`];
}

/** What stands at `at` in brackets, with as many of its neighbours as there is room for. */
function wheel(options: readonly string[], at: number, board: Board): string {
  const option = (n: number): string => options[(at + n + options.length) % options.length] ?? '';
  let row = `[${option(0)}]`;
  const far = Math.floor((options.length - 1) / 2);
  for (let n = 1; n <= far; n++) {
    const wider = `${option(-n)} ${row} ${option(n)}`;
    if (rowCells(wider) > board.columns) break;
    row = wider;
  }
  return centred(row, board);
}

/** The title, with the number at the right edge. A question without room for both is asked by its verb: the text says about what. */
function titled(title: string, number: string, board: Board): string {
  const room = board.columns - number.length;
  const short = title.endsWith('?') && rowCells(title) > room ? `${title.split(' ')[0] ?? ''}?` : title;
  return fit(short, room) + number;
}

function textLines(text: string, board: Board): readonly string[] {
  const lines = wrap(text + OWN.lineEnd, board.columns);
  return Array.from({ length: lines.starts.length }, (_, n) => rowOf(lines, n));
}

function middle(rows: readonly string[], board: Board): readonly string[] {
  const above = Math.max(0, Math.floor((board.rows - 2 - rows.length) / 2));
  return [...Array.from({ length: above }, () => ''), ...rows];
}

function centred(text: string, board: Board): string {
  return ' '.repeat(Math.max(0, Math.floor((board.columns - rowCells(text)) / 2))) + text;
}

function isSmall(board: Board): boolean {
  return board.columns < 24;
}

/** A line of ours that holds a value of somebody else: `name▸value`, harmless. */
export function fact(name: string, value: string): string {
  return `${name}${OWN.field}${untrustedLine(value)}${OWN.lineEnd}`;
}

/** A line of ours. */
export function line(text: string): string {
  return `${text}${OWN.lineEnd}`;
}
