/** Golden screens of what is asked about apps, for both boards; `UPDATE_GOLDEN=1` writes them anew. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Board, LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { eventId } from '../../firmware-sim/src/firmware/formats/event-id.ts';
import { grantOfWish, type NewGrant } from '../../firmware-sim/src/firmware/policy/grants.ts';
import { choices } from '../../firmware-sim/src/firmware/screen/choice-screen.ts';
import {
  type Asker,
  type Review,
  reviewDecryption,
  reviewEvent,
} from '../../firmware-sim/src/firmware/screen/review.ts';
import {
  type PairedApp,
  reviewGrant,
  reviewPairing,
  reviewTogether,
} from '../../firmware-sim/src/firmware/screen/review-apps.ts';
import { draw, layOut, type Screen, type View } from '../../firmware-sim/src/firmware/screen/screens.ts';
import { cellsOf } from './sample.ts';

const pubkey = new Uint8Array(Buffer.from('17162c921dc4d2518f9a101db33695df1afb56ab82f5ff3e5da6eec3ca5cd917', 'hex'));
const peer = new Uint8Array(Buffer.from('d41b22899549e1f3d335a31002cfd382174006e166d3e658e3a5eecdb6463573', 'hex'));
const app: Asker = { account: 'Main', label: 'Coracle', pubkey, imported: false, by: 'app' };
const told: Asker = { ...app, by: 'computer' };
const coracle: PairedApp = {
  name: 'Coracle',
  by: 'app',
  client: peer,
  account: { name: 'Main', pubkey, imported: false },
  wishes: 3,
  everyKind: false,
  replaces: null,
  again: false,
};
const wish = (kind: number): NewGrant => grantOfWish({ method: 'sign_event', kind, peer: null });
const texts = (of: Uint8Array, text: string) => ({ command: 'nip44_decrypt', peer: of, text }) as const;

function event(kind: number, tags: string[][], content = ''): Review {
  const fields = { kind, created_at: 1_735_787_045, tags, content };
  return reviewEvent(app, { ...fields, id: eventId({ ...fields, pubkey }) });
}

const reviews: Readonly<Record<string, Review>> = {
  'app-note': event(1, [], 'Good morning, Nostr!'),
  'app-relay-login': event(22242, [
    ['relay', 'wss://relay.example.com/'],
    ['challenge', 'c3f1'],
  ]),
  'app-http-auth': event(27235, [
    ['u', `https://upload.example.com/${'a'.repeat(120)}`],
    ['method', 'POST'],
  ]),
  'app-decrypt': reviewDecryption('nip44_decrypt', app, peer, 132),
  'app-burst': reviewTogether(app, [
    texts(peer, 'x'.repeat(132)),
    texts(peer, 'x'.repeat(176)),
    texts(pubkey, 'y'.repeat(300)),
  ]),
  'app-pair': reviewPairing(coracle),
  'app-pair-told': reviewPairing({
    ...coracle,
    by: 'computer',
    name: 'no\nStrudel\u202e (verified)',
    wishes: 0,
    again: true,
  }),
  'app-pair-full': reviewPairing({ ...coracle, wishes: 1, everyKind: true, replaces: 'an old app' }),
  'grant-note': reviewGrant(app, wish(1), 1, 3),
  'grant-profile': reviewGrant(told, wish(0), 2, 3),
  'grant-login': reviewGrant(app, { ...wish(22242), uses: 10, perMinute: 3 }, 1, 1),
  'grant-own': reviewGrant(
    told,
    { ...grantOfWish({ method: 'nip44_decrypt', kind: null, peer: pubkey }), ms: 3_600_000 },
    1,
    1,
  ),
  'grant-decrypt': reviewGrant(app, grantOfWish({ method: 'nip04_decrypt', kind: null, peer: null }), 1, 1),
  'grant-never': reviewGrant(told, { ...wish(4), verdict: 'deny' }, 1, 1),
};

const about = { title: 'Sign note', app: 'Coracle', hold: false, armed: true };
const views: Readonly<Record<string, readonly View[]>> = {
  remember: [{ type: 'remember', ...about }],
  'how-long': choices.map((_, choice): View => ({ type: 'how_long', ...about, choice })),
  'how-long-hold': [{ type: 'how_long', ...about, title: 'Sign relay list', hold: true, choice: 3 }],
  'grant-outcomes': [
    { type: 'result', title: 'Always allow?', outcome: 'given' },
    { type: 'result', title: 'Always allow?', outcome: 'left' },
  ],
};

describe.each([LCD240, OLED128])('$name', (board) => {
  test.each(Object.entries(reviews))('golden: %s', (name, review) => {
    expect(review.title.length).toBeLessThanOrEqual(16);
    expect(review.shortTitle.length).toBeLessThanOrEqual(11);
    const layout = layOut(review, board);
    const screens = Array.from({ length: layout.count }, (_, page) =>
      draw({ type: 'review', layout, page, unseen: layout.count - page - 1, armed: true }, board, false),
    );
    golden(`${name}.${board.name}`, board, screens);
  });

  test.each(Object.entries(views))('golden: %s', (name, shown) => {
    golden(
      `${name}.${board.name}`,
      board,
      shown.map((view) => draw(view, board, false)),
    );
  });
});

/** Compares with the file of that name, or writes it. Every row is exactly as wide as the screen. */
function golden(name: string, board: Board, screens: readonly Screen[]): void {
  for (const { rows } of screens) {
    expect(rows).toHaveLength(board.rows);
    for (const row of rows) expect(cellsOf(row), row).toBe(board.columns);
  }
  const edge = `+${'-'.repeat(board.columns)}+`;
  const text = `${screens.map(({ rows }) => [edge, ...rows.map((row) => `|${row}|`), edge].join('\n')).join('\n')}\n`;
  const file = new URL(`golden/${name}.txt`, import.meta.url);
  if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(file)) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
