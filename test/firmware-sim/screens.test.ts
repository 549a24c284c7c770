/**
 * Golden screens: every page that a human would see, for both boards, as files that a human can read. `UPDATE_GOLDEN=1` writes
 * them anew; otherwise they are compared.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Board, LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { eventId } from '../../firmware-sim/src/firmware/formats/event-id.ts';
import {
  type Asker,
  type Review,
  reviewDecryption,
  reviewEncryption,
  reviewEvent,
} from '../../firmware-sim/src/firmware/screen/review.ts';
import { draw, layOut, type Screen, type View } from '../../firmware-sim/src/firmware/screen/screens.ts';
import { cellsOf } from './sample.ts';

const PUBKEY = new Uint8Array(Buffer.from('17162c921dc4d2518f9a101db33695df1afb56ab82f5ff3e5da6eec3ca5cd917', 'hex'));
const PEER = new Uint8Array(Buffer.from('d41b22899549e1f3d335a31002cfd382174006e166d3e658e3a5eecdb6463573', 'hex'));
const ASKER: Asker = { account: 'Main', label: 'Coracle', pubkey: PUBKEY, imported: false, by: 'computer' };
const BOARDS = [LCD240, OLED128];

type Fields = { kind: number; created_at?: number; tags?: string[][]; content?: string };

function event({ kind, created_at = 1_735_787_045, tags = [], content = '' }: Fields, asker = ASKER): Review {
  const fields = { kind, created_at, tags, content };
  return reviewEvent(asker, { ...fields, id: eventId({ ...fields, pubkey: asker.pubkey }) });
}

const ARTICLE = [
  '# Ein Artikel · überall',
  '',
  'Русский текст, 中文文本，日本語のテキスト、한국어 글, עברית וגם العربية.',
  '\tA tab, two spaces at the end  ',
  'Pay \u202e001\u202c to evil\u200bcorp, ring \u0007, wipe \u001b[2J, e\u0301 and 😀.',
  '▒ end ▒▒▒▒ ⟨U+0041⟩ → ↵',
  '',
].join('\n');

const FOLLOWS = Array.from({ length: 300 }, (_, i) => ['p', i.toString(16).padStart(64, '0')]);

const REVIEWS: Record<string, { review: Review; pages: number }> = {
  note: { review: event({ kind: 1, content: 'Good morning, Nostr!' }), pages: 99 },
  profile: {
    review: event({
      kind: 0,
      content: '{"name":"alice","about":"gates & keys","picture":"https://example.com/a.png"}',
    }),
    pages: 99,
  },
  'follow-list': { review: event({ kind: 3, tags: FOLLOWS }), pages: 2 },
  article: {
    review: event({
      kind: 30023,
      tags: [['d', 'artikel'], ['title', 'Überall'], ['published_at', ''], [], ['t', 'a▸b\nc', '']],
      content: ARTICLE,
    }),
    pages: 99,
  },
  'unknown-computer': {
    review: event({ kind: 1, content: 'Good morning, Nostr!' }, { ...ASKER, by: 'stranger' }),
    pages: 99,
  },
  'nip44-decrypt': { review: reviewDecryption('nip44_decrypt', ASKER, PEER, 132), pages: 99 },
  'nip04-encrypt': {
    review: {
      ...reviewEncryption('nip04_encrypt', ASKER, PEER, 24),
      sections: [{ heading: 'text', text: 'See you at noon.\n– Bob' }],
    },
    pages: 99,
  },
  'hostile-label': {
    review: event(
      { kind: 65535, created_at: Number.MAX_SAFE_INTEGER, content: 'x' },
      { ...ASKER, label: 'Coracle\naccount▸Other\u202e \u{1f512}' },
    ),
    pages: 99,
  },
};

REVIEWS['nip44-decrypt-own'] = { review: reviewDecryption('nip44_decrypt', ASKER, PUBKEY, 1_000_000), pages: 99 };

const VIEWS: Record<string, View> = {
  'idle-demo': {
    type: 'idle',
    account: 'Main',
    pubkey: PUBKEY,
    imported: false,
    demo: true,
    more: 0,
    suspended: false,
  },
  idle: { type: 'idle', account: 'Main', pubkey: PUBKEY, imported: false, demo: false, more: 0, suspended: false },
  'receiving-45': { type: 'receiving', doing: 'receiving', received: 92_160, total: 204_800 },
  signed: { type: 'result', title: 'Sign note', outcome: 'signed' },
  'timed-out': { type: 'result', title: 'Decrypt NIP-44', outcome: 'timed_out' },
  pairing: { type: 'pairing', name: 'desk', code: '012345', replaces: null, waiting: false },
  'pairing-waiting': { type: 'pairing', name: 'desk', code: '678901', replaces: null, waiting: true },
  'pairing-replaces': {
    type: 'pairing',
    name: 'a computer with a long name \u202eand tricks\nKEY1 same',
    code: '999999',
    replaces: 'the old desk',
    waiting: false,
  },
  paired: { type: 'result', title: 'Pair a computer', outcome: 'paired' },
  notice: { type: 'notice', title: 'Keys unreadable', text: 'Keys cannot be read. Nothing is signed.' },
};

describe.each(BOARDS)('$name', (board) => {
  test.each(Object.entries(REVIEWS))('golden: %s', (name, { review, pages }) => {
    const layout = layOut(review, board);
    const screens = Array.from({ length: Math.min(layout.count, pages) }, (_, page) =>
      draw({ type: 'review', layout, page, unseen: layout.count - page - 1, armed: true }, board, false),
    );
    golden(`${name}.${board.name}`, board, screens);
  });

  test.each(Object.entries(VIEWS))('golden: %s', (name, view) => {
    golden(`${name}.${board.name}`, board, [draw(view, board, false)]);
  });

  test('golden: auto-press is said on every screen', () => {
    const layout = layOut(event({ kind: 1, content: 'Good morning, Nostr!' }), board);
    const views: View[] = [...Object.values(VIEWS), { type: 'review', layout, page: 0, unseen: 3, armed: true }];
    const screens = views.map((view) => draw(view, board, true));
    for (const screen of screens) expect(screen.rows.at(-1)).toContain('AUTO-PRESS');
    golden(`auto-press.${board.name}`, board, screens);
  });

  test('every page of every review says what is asked and how to answer', () => {
    for (const { review } of Object.values(REVIEWS)) {
      const layout = layOut(review, board);
      for (let page = 0; page < layout.count; page++) {
        const { rows } = draw(
          { type: 'review', layout, page, unseen: layout.count - page - 1, armed: true },
          board,
          false,
        );
        expect(rows[0]?.includes(review.title) || rows[0]?.includes(review.shortTitle)).toBe(true);
        expect(rows[0]).toMatch(layout.count < 100 ? new RegExp(` ${page + 1}/${layout.count}$`) : /( \d+\/\d+|%)$/);
        expect(rows.at(-1)).toContain(`${board.keys.approve} ${review.action}`);
        expect(rows.at(-1)).toContain(`${board.keys.deny} `);
      }
    }
  });

  test('the last row tells whether pages have not been seen', () => {
    const layout = layOut(event({ kind: 1, content: 'long '.repeat(3_000) }), board);
    const last = (unseen: number) =>
      draw({ type: 'review', layout, page: 0, unseen, armed: true }, board, false).rows.at(-1);
    expect(new Set([last(0), last(7)]).size).toBe(2);
    for (const unseen of [0, 1, 9, 10, 99, 100, 100_000]) {
      expect(cellsOf(last(unseen) ?? '')).toBe(board.columns);
      expect(last(unseen)?.includes('▼')).toBe(unseen > 0 || board === LCD240);
      if (board === LCD240) expect(last(unseen)?.includes('more')).toBe(unseen > 0);
    }
  });

  test('a mebibyte is laid out at once and paged lazily', () => {
    const layout = layOut(event({ kind: 1, content: 'word '.repeat(209_715) }), board);
    expect(layout.count).toBeGreaterThan(2_000);
    check(board, draw({ type: 'review', layout, page: layout.count - 1, unseen: 0, armed: true }, board, false));
    expect(layout.page(layout.count - 1).join('')).toContain('▒ end');
  });
});

test('progress: nothing, all, and a total of zero', () => {
  for (const [received, total, percent] of [
    [0, 10, ' 0%'],
    [10, 10, '100%'],
    [11, 10, '100%'],
    [0, 0, ' 0%'],
    [999, 1000, '99%'],
  ] as const) {
    for (const board of BOARDS) {
      const screen = draw({ type: 'receiving', doing: 'receiving', received, total }, board, false);
      check(board, screen);
      expect(screen.rows.join('\n')).toContain(percent);
    }
  }
});

/** Every screen has the board's rows, each of the board's width. */
function check(board: Board, screen: Screen): void {
  expect(screen.rows).toHaveLength(board.rows);
  for (const row of screen.rows) expect(cellsOf(row), `[${row}]`).toBe(board.columns);
}

function golden(name: string, board: Board, screens: readonly Screen[]): void {
  for (const screen of screens) check(board, screen);
  const edge = (left: string, right: string) => `${left}${'─'.repeat(board.columns)}${right}`;
  const framed = (screen: Screen) =>
    [edge('┌', '┐'), ...screen.rows.map((row) => `│${row}│`), edge('└', '┘')].join('\n');
  const text = `${screens.map(framed).join('\n')}\n`;
  const file = new URL(`golden/${name}.txt`, import.meta.url);
  const { UPDATE_GOLDEN } = process.env;
  if (UPDATE_GOLDEN === '1') writeFileSync(file, text);
  if (!existsSync(file)) expect.fail(`${name}: no golden file; UPDATE_GOLDEN=1 writes it`);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
