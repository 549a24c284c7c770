/** Pages out of streams: the rows are those of the layout that holds its text, forwards, backwards and anywhere between. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeCbor } from '../../device-protocol/src/index.ts';
import { type Board, LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { type Review, reviewEvent } from '../../firmware-sim/src/firmware/screen/review.ts';
import { layOut } from '../../firmware-sim/src/firmware/screen/screens.ts';
import { readOwnEvent, type StreamEvent, sectionsOf } from '../../firmware-sim/src/firmware/stream/event.ts';
import { type Pages, pagesOf } from '../../firmware-sim/src/firmware/stream/pages.ts';
import { isRefused, type Refused } from '../../firmware-sim/src/firmware/stream/reading.ts';
import { someText } from '../support/some-text.ts';
import { accountPublic, drive, noCurve } from './stream.ts';

const asker = { account: 'a', label: 'b', pubkey: accountPublic, imported: false, by: 'app' } as const;

type Fields = {
  readonly created_at: number;
  readonly kind: number;
  readonly tags: string[][];
  readonly content: string;
};

function must<T extends object>(result: T | Refused): T {
  if (isRefused(result)) throw new Error(`refused: ${result.error}`);
  return result;
}

/** The same event laid out in both ways. */
function laidOut(fields: Fields, board: Board) {
  const input = encodeCbor([fields.created_at, fields.kind, fields.tags, fields.content]);
  const whose = { pubkey: accountPublic, columns: board.columns };
  const event: StreamEvent = must(drive(readOwnEvent(input.length, whose, noCurve), input).result);
  const review: Review = reviewEvent(asker, { ...fields, id: event.id });
  const sections = drive(sectionsOf(event, board.columns), input).result;
  const pages: Pages = pagesOf(review, sections, board);
  const page = (n: number) => {
    const { result, asked } = drive(pages.page(n), input);
    return { rows: must(result), asked };
  };
  return { expected: layOut(review, board), pages, page, input };
}

const character = fc.oneof(
  fc.constantFrom(...'ab  \n\t漢ä😀\u202e"\\', '\u0301', ' word', 'longerwordthanthat', '\n\n'),
  someText({ maxLength: 3 }),
);
const text = fc.array(character, { maxLength: 120 }).map((parts) => parts.join('').toWellFormed());

test('every page of any event, in any order', () => {
  fc.assert(
    fc.property(
      fc.record({
        created_at: fc.nat(2_000_000_000),
        kind: fc.constantFrom(0, 1, 3, 30_023),
        tags: fc.array(fc.array(text, { maxLength: 4 }), { maxLength: 8 }),
        content: text,
      }),
      fc.integer({ min: 1, max: 400 }),
      fc.constantFrom(LCD240, OLED128),
      (fields, times, board) => {
        const { expected, pages, page } = laidOut({ ...fields, content: fields.content.repeat(times % 40) }, board);
        expect(pages.count).toBe(expected.count);
        for (let i = 0; i < Math.min(12, pages.count); i++) {
          const n = (i * times) % pages.count;
          expect(page(n).rows).toEqual(expected.page(n));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a large event: all pages forwards, then backwards, from a few marks', () => {
  const content = 'Some words of a long note, and 漢字 too. '.repeat(2_500);
  const tags = Array.from({ length: 600 }, (_, i) => ['p', 'f'.repeat(64), `wss://relay${i}.example`]);
  const { expected, pages, page, input } = laidOut({ created_at: 1, kind: 1, tags, content }, LCD240);
  expect(pages.count).toBe(expected.count);
  const blocks = Math.ceil(input.length / 3_584);
  let forwards = 0;
  for (let n = 0; n < pages.count; n++) {
    const { rows, asked } = page(n);
    expect(rows).toEqual(expected.page(n));
    forwards += asked;
  }
  // Turning the page reads on; it does not begin anew.
  expect(forwards).toBeLessThan(2.5 * pages.count);
  for (let n = pages.count - 1; n >= 0; n -= 7) {
    const { rows, asked } = page(n);
    expect(rows).toEqual(expected.page(n));
    expect(asked).toBeLessThan(blocks / 4);
  }
});

test('a page whose text changed is not shown', () => {
  const { pages, input } = laidOut({ created_at: 1, kind: 1, tags: [], content: 'word '.repeat(4_000) }, OLED128);
  const changed = input.slice();
  changed[9_000] = 0x58;
  const results = Array.from({ length: pages.count }, (_, n) => drive(pages.page(n), changed).result);
  expect(results.some((result) => 'error' in result && result.error === 'stream_integrity')).toBe(true);
});
