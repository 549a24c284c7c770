/**
 * What the human reads, as text: a pure function from what is shown to the rows of a board. Every row is exactly as wide as the
 * screen. The first row says what is asked, the last one what the keys do; nothing that the computer sent can reach either,
 * except as its own name for itself where that is what is asked about.
 */

import type { Board } from '../env.ts';
import { type FlowView, flowRows } from '../flows/page-rows.ts';
import { fit, rowCells, rowOf, wrap } from './cells.ts';
import { type ChoiceView, choiceRows } from './choice-screen.ts';
import { type PairingView, pairingRows } from './pairing-screen.ts';
import { documentOf, type Review } from './review.ts';
import { OWN, untrustedLine } from './visible-text.ts';

/** A drawn screen: `rows` has as many rows as the board, each exactly `columns` cells wide. */
export type Screen = { readonly board: Board['name']; readonly rows: readonly string[] };

/** How a request ended, for the moment in which the device says so. */
export type Outcome =
  | 'done'
  | 'signed'
  | 'paired'
  | 'given'
  | 'left'
  | 'encrypted'
  | 'decrypted'
  | 'denied'
  | 'timed_out'
  | 'cancelled'
  | 'failed';

/** What takes a while. */
export type Doing = 'receiving' | 'decrypting';

/** What is to be shown. */
export type View =
  /** Waiting for a request. `demo`: the key is a throwaway one. */
  | {
      readonly type: 'idle';
      readonly account: string;
      readonly pubkey: Uint8Array;
      /** Its key was known to a computer once. */
      readonly imported: boolean;
      readonly demo: boolean;
      /** Accounts besides this one. */
      readonly more: number;
      /** The emergency key was used: grants rest. */
      readonly suspended: boolean;
    }
  /** Nothing can be asked of it now; a key begins what `does` says. Ours. */
  | { readonly type: 'resting'; readonly title: string; readonly text: string; readonly does: string }
  /** A large request is on its way, or is opened after the press; counts are of bytes. */
  | { readonly type: 'receiving'; readonly doing: Doing; readonly received: number; readonly total: number }
  /** One page of a review; `unseen` pages have not been shown yet. The keys are named as soon as they count (`armed`). */
  | {
      readonly type: 'review';
      readonly layout: Layout;
      readonly page: number;
      readonly unseen: number;
      readonly armed: boolean;
    }
  | { readonly type: 'result'; readonly title: string; readonly outcome: Outcome }
  /** Something that the device has to say: no keys yet, keys unreadable. Ours; titles of 16 characters and texts of 36 fit every board. */
  | { readonly type: 'notice'; readonly title: string; readonly text: string }
  | PairingView
  | ChoiceView
  | FlowView;

/** A review laid out for a board. Pages are made when they are asked for. */
export type Layout = {
  readonly review: Review;
  readonly count: number;
  /** The rows between the first and the last of page `n`, counted from 0. */
  readonly page: (n: number) => readonly string[];
};

/** Lays a review out; costs time once, and four bytes a line. */
export function layOut(review: Review, board: Board): Layout {
  const lines = wrap(documentOf(review, isNarrow(board) ? 'short' : 'long'), board.columns);
  const height = board.rows - 2;
  return {
    review,
    count: Math.ceil(lines.starts.length / height),
    page: (n) => range(height).map((row) => lineOrBlank(n * height + row)),
  };
  function lineOrBlank(n: number): string {
    return n < lines.starts.length ? rowOf(lines, n) : ' '.repeat(board.columns);
  }
}

/**
 * Draws a view. `autoPress` is set while the simulator presses its own buttons: the last row, whose keys no human presses then,
 * says so on every screen.
 */
export function draw(view: View, board: Board, autoPress: boolean): Screen {
  const [top, body, bottom] = parts(view, board);
  const height = board.rows - 2;
  const rows = [top, ...range(height).map((i) => body[i] ?? ''), autoPress ? autoPressRow(board) : bottom];
  return { board: board.name, rows: rows.map((row) => (row === '' ? ' '.repeat(board.columns) : row)) };
}

/** First row, rows between, last row; an empty string is a blank row. */
function parts(view: View, board: Board): readonly [string, readonly string[], string] {
  switch (view.type) {
    case 'idle':
      return idle(view, board);
    case 'resting':
      return resting(view, board);
    case 'receiving':
      return receiving(view, board);
    case 'review':
      return [
        reviewTitle(view.layout, view.page, board),
        view.layout.page(view.page),
        view.armed ? reviewKeys(view, board) : '',
      ];
    case 'result':
      return [fit(view.title, board.columns), middle([OUTCOMES[view.outcome]], board), ''];
    case 'notice':
      return notice(view, board);
    case 'pairing':
      return pairingRows(view, board);
    case 'remember':
    case 'how_long':
      return choiceRows(view, board);
    case 'flow':
      return flowRows(view, board);
  }
}

function idle(view: View & { type: 'idle' }, board: Board): readonly [string, readonly string[], string] {
  const mark = view.demo ? 'DEMO' : '';
  const top = `${fit('Sallyport', board.columns - mark.length)}${mark}`;
  const name = ownText(untrustedLine(view.account), board);
  const hex = Array.from(view.pubkey.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const warning =
    view.demo && board.rows > 4 ? ['', center('DEMO: a throwaway key,', board), center('not for real use', board)] : [];
  const others = view.more === 0 ? [] : [fit(`and ${view.more} more`, board.columns)];
  const rests = view.suspended ? ['', fit('EMERGENCY: grants rest', board.columns)] : [];
  const origin = view.imported ? [fit('imported', board.columns)] : [];
  const tall =
    board.rows > 4
      ? ['', ...name, fit(`key ${hex}…`, board.columns), ...origin, ...others, ...warning, ...rests]
      : [name[0] ?? '', fit(smallKey(view, hex), board.columns)];
  const says = view.suspended && isNarrow(board) ? 'grants rest' : 'ready';
  return [top, tall, spread([says, '', `${board.keys.next} menu`], board.columns)];
}

/** Sixteen cells: the key, whether it was imported, and how many accounts there are besides. */
function smallKey({ imported, more }: View & { type: 'idle' }, hex: string): string {
  if (!imported) return `${hex}…${more === 0 ? '' : ` +${more}`}`;
  return more === 0 ? `imported ${hex.slice(0, 4)}…` : `imported ${hex.slice(0, 2)}…+${more}`;
}

function resting(view: View & { type: 'resting' }, board: Board): readonly [string, readonly string[], string] {
  const keys = fit(`${board.keys.next} ${view.does}`, board.columns);
  return [
    fit(view.title, board.columns),
    middle(
      ownText(view.text, board).map((row) => row.trim()),
      board,
    ),
    keys,
  ];
}

function receiving(view: View & { type: 'receiving' }, board: Board): readonly [string, readonly string[], string] {
  const share = view.total > 0 ? Math.min(view.received / view.total, 1) : 0;
  const told = percent(view.received, view.total);
  const width = board.columns - told.length;
  const full = Math.floor(share * width);
  const bar = '█'.repeat(full) + '░'.repeat(width - full) + told;
  const count = center(`${Math.floor(view.received / 1024)} of ${Math.ceil(view.total / 1024)} KiB`, board);
  return [
    fit(view.doing === 'receiving' ? 'Receiving…' : 'Decrypting…', board.columns),
    middle([bar, count], board),
    fit(`${board.keys.deny} cancel`, board.columns),
  ];
}

/** What is asked, and which page this is. Where `12/3456` would cost a small board the title, it is told in percent. */
function reviewTitle({ review, count }: Layout, page: number, board: Board): string {
  const exact = ` ${page + 1}/${count}`;
  const number = exact.length + review.shortTitle.length > board.columns ? percent(page + 1, count) : exact;
  const room = board.columns - number.length;
  return fit(review.title.length <= room ? review.title : review.shortTitle, room) + number;
}

/** Five cells, rounded down: 100% is the end and nothing before it. */
function percent(part: number, whole: number): string {
  return `${whole > 0 ? Math.floor((Math.min(part, whole) * 100) / whole) : 0}%`.padStart(5);
}

/** `KEY1 sign  KEY3 deny  ▼ 3 more`: which key says yes, which says no, and whether something has not been seen yet. */
function reviewKeys(view: View & { type: 'review' }, board: Board): string {
  const { approve, deny } = board.keys;
  const narrow = isNarrow(board);
  const { action, hold } = view.layout.review;
  const yes = hold ? `${narrow ? '' : 'hold '}${approve} ${action}${narrow ? '!' : ''}` : `${approve} ${action}`;
  return spread([yes, `${deny} ${narrow ? 'no' : 'deny'}`, pagingKeys(view, board, narrow)], board.columns);
}

function pagingKeys(view: View & { type: 'review' }, board: Board, narrow: boolean): string {
  const { next, back } = board.keys;
  const { remembers } = view.layout.review;
  if (view.layout.count === 1 && !remembers) return '';
  if (narrow) return view.unseen > 0 ? `${next}▼` : next;
  if (view.unseen === 0) return remembers ? `${next} always…` : `${back}${next} page`;
  return view.unseen > 99 ? `${next} 99+ more` : `${next} ${view.unseen} more`;
}

/** A notice has no keys, so its text may use the last row too. */
function notice(view: View & { type: 'notice' }, board: Board): readonly [string, readonly string[], string] {
  const rows = ownText(view.text, board);
  return [fit(view.title, board.columns), rows, rows[board.rows - 2] ?? ''];
}

const OUTCOMES: Record<Outcome, string> = {
  done: '✔ DONE',
  signed: '✔ SIGNED',
  paired: '✔ PAIRED',
  given: '✔ GIVEN',
  left: '✘ NOT GIVEN',
  encrypted: '✔ ENCRYPTED',
  decrypted: '✔ DECRYPTED',
  denied: '✘ DENIED',
  timed_out: '✘ TIMED OUT',
  cancelled: '✘ CANCELLED',
  failed: '✘ FAILED',
};

/** The last row while the simulator presses its own buttons. */
export function autoPressRow(board: Board): string {
  const [words, edge] = isNarrow(board) ? ['AUTO-PRESS', '!!'] : ['AUTO-PRESS: NO HUMAN', '!!!!'];
  return spread([edge, words, edge], board.columns);
}

/** Where words are shortened: `told by the PC`, `no`. */
function isNarrow(board: Board): boolean {
  return board.columns < 24;
}

/** A text of one line, broken into rows. */
function ownText(text: string, board: Board): readonly string[] {
  const lines = wrap(text + OWN.lineEnd, board.columns);
  return range(lines.starts.length).map((n) => rowOf(lines, n));
}

/** Rows in the middle of the screen, each centred. */
function middle(rows: readonly string[], board: Board): readonly string[] {
  const above = Math.floor((board.rows - 2 - rows.length) / 2);
  return [...range(Math.max(above, 0)).map(() => ''), ...rows.map((row) => center(row, board))];
}

function center(text: string, board: Board): string {
  const left = Math.max(Math.floor((board.columns - rowCells(text)) / 2), 0);
  return fit(' '.repeat(left) + text, board.columns);
}

/** Texts at the left, in the middle and at the right of one row. */
function spread([left, mid, right]: readonly [string, string, string], columns: number): string {
  const gap = Math.max(columns - left.length - mid.length - right.length, 2);
  const before = right === '' ? Math.min(gap, 2) : Math.ceil(gap / 2);
  return fit(`${left}${' '.repeat(before)}${mid}${' '.repeat(gap - before)}${right}`, columns);
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}
