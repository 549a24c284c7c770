/**
 * The screen of a pairing: the six digits as large as the board allows, who asks to be paired, and what the keys do. The name is
 * the computer's own word for itself and stands in a row of its own, so that it can neither reach the digits nor the keys.
 */

import type { Board } from '../env.ts';
import { fit, rowOf, wrap } from './cells.ts';
import { untrustedLine } from './visible-text.ts';

export type PairingView = {
  readonly type: 'pairing';
  readonly name: string;
  readonly code: string;
  /** The name of the computer that is forgotten for this one, when the list is full. */
  readonly replaces: string | null;
  /** The human said yes here; the computer did not yet. */
  readonly waiting: boolean;
};

/** Digits of three by five cells, a bit for each cell, from the top left. */
const digitRows: readonly (readonly number[])[] = [
  [7, 5, 5, 5, 7],
  [2, 6, 2, 2, 7],
  [7, 1, 7, 4, 7],
  [7, 1, 7, 1, 7],
  [5, 5, 7, 1, 1],
  [7, 4, 7, 1, 7],
  [7, 4, 7, 5, 7],
  [7, 1, 1, 1, 1],
  [7, 5, 7, 5, 7],
  [7, 5, 7, 1, 7],
];

/** First row, rows between, last row. `oneLine` makes a name of somebody else harmless and one row long. */
export function pairingRows(view: PairingView, board: Board): readonly [string, readonly string[], string] {
  const { columns, keys } = board;
  const name = view.name === '' ? '(no name)' : view.name;
  const claim = (text: string): string => rowOf(wrap(untrustedLine(text), columns), 0);
  if (board.rows <= 4) {
    const title = view.replaces === null ? 'Pair computer?' : 'Replace oldest?';
    const bottom = view.waiting ? 'now the computer' : `HOLD ${keys.next} same ${keys.deny} no`;
    return [fit(title, columns), [claim(name), centred(spaced(view.code), columns)], fit(bottom, columns)];
  }
  const replaces = view.replaces === null ? ['', ''] : [fit('and forget the computer', columns), claim(view.replaces)];
  const question = view.waiting ? 'now say yes at the computer' : 'Is this the number it shows?';
  const bottom = view.waiting ? `${keys.deny} deny` : `HOLD ${keys.approve} same  ${keys.deny} deny`;
  const middle = [
    claim(name),
    fit('▸told by the computer', columns),
    ...replaces,
    '',
    ...large(view.code, columns),
    '',
  ];
  return [fit('Pair a computer', columns), [...middle, fit(question, columns)], fit(bottom, columns)];
}

/** `123456` in five rows; a gap of two in the middle. */
function large(code: string, columns: number): readonly string[] {
  return [0, 1, 2, 3, 4].map((row) => {
    const digits = [...code].map((digit) => cells(digitRows[Number(digit)]?.[row] ?? 0));
    return centred(`${digits.slice(0, 3).join(' ')}   ${digits.slice(3).join(' ')}`, columns);
  });
}

/** One digit in five rows. */
export function largeDigit(digit: number): readonly string[] {
  return (digitRows[digit] ?? []).map(cells);
}

function cells(bits: number): string {
  return [4, 2, 1].map((bit) => ((bits & bit) === 0 ? ' ' : '█')).join('');
}

/** `1 2 3  4 5 6`. */
function spaced(code: string): string {
  return `${[...code.slice(0, 3)].join(' ')}  ${[...code.slice(3)].join(' ')}`;
}

function centred(text: string, columns: number): string {
  return fit(' '.repeat(Math.max(Math.floor((columns - text.length) / 2), 0)) + text, columns);
}
