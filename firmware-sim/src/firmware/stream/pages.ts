/**
 * The pages of a review whose sections lie in a stream: the rows of the facts, which are at hand, then those of each section (sections.ts),
 * made when they are looked at.
 */
import type { Board } from '../env.ts';
import { rowOf, wrap } from '../screen/cells.ts';
import { documentOf, type Review } from '../screen/review.ts';
import { OWN } from '../screen/visible-text.ts';
import { orRefused, type Reading, type Refused } from './reading.ts';
import type { HeadedSection, LaidSection } from './sections.ts';

export type Pages = {
  readonly count: number;
  /** The rows between the first and the last of page `n`, counted from 0. */
  readonly page: (n: number) => Reading<readonly string[] | Refused>;
};

/** The end of every document, as documentOf writes it. */
const endLine = `${OWN.heading}end${OWN.lineEnd}`;

/** The pages of a review, with these sections instead of those in it, that were laid out for the same board. */
export function pagesOf(review: Review, sections: readonly HeadedSection[], board: Board): Pages {
  const { columns, rows } = board;
  const whole = documentOf({ ...review, sections: [] }, columns < 24 ? 'short' : 'long');
  const facts = ownPart(whole.slice(0, -endLine.length), columns);
  const under = sections.flatMap(({ heading, section }) => [
    ownPart(`${OWN.heading}${heading}${OWN.lineEnd}`, columns),
    section,
  ]);
  const parts = [facts, ...under, ownPart(endLine, columns)];
  if (parts.some((part) => part.columns !== columns)) throw new Error('a section that was laid out for another screen');
  const height = rows - 2;
  const lines = parts.reduce((sum, part) => sum + part.lines, 0);
  function* page(n: number): Reading<readonly string[]> {
    const made: string[] = [];
    let before = 0;
    for (const part of parts) {
      const from = Math.max(0, n * height - before);
      const to = Math.min(part.lines, (n + 1) * height - before);
      if (from < to) made.push(...(yield* part.rows(from, to)));
      before += part.lines;
    }
    while (made.length < height) made.push(' '.repeat(columns));
    return made;
  }
  return { count: Math.ceil(lines / height), page: (n) => orRefused(page(n)) };
}

/** Our own words. */
function ownPart(text: string, columns: number): LaidSection {
  const lines = wrap(text, columns);
  return {
    columns,
    lines: lines.starts.length,
    rows: function* (from, to) {
      return Array.from({ length: to - from }, (_, i) => rowOf(lines, from + i));
    },
  };
}
