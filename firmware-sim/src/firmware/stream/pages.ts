/**
 * The pages of a review whose sections lie in a stream: the same rows that screens.ts lays out for a text at hand, made when they are
 * looked at. One reading goes through all of it and counts the lines; on its way it leaves marks, some dozen for any size, from which
 * a page is found again. The next page goes on where the last one ended; an earlier one is found from the mark before it.
 *
 * Every section begins on a line of its own, so each is laid out by itself.
 */
import { decodeUtf8 } from '@sallyport/device-protocol';
import type { Board } from '../env.ts';
import { rowOf, wrap } from '../screen/cells.ts';
import { documentOf, type Review } from '../screen/review.ts';
import { OWN, untrusted } from '../screen/visible-text.ts';
import { copyTagPlace, newTagPlace, type StreamTags, type TagPlace, tagWalker } from './event.ts';
import { orRefused, type Reading, type Refused } from './reading.ts';
import { copyLevels, newLevels, type StreamText, textWalker } from './walk.ts';

/** A part of the document that begins and ends with a line: our own words, ended by OWN.lineEnd, or a section of the request. */
export type Part = string | { readonly text: StreamText } | { readonly tags: NonNullable<StreamTags> };

export type Pages = {
  readonly count: number;
  /** The rows between the first and the last of page `n`, counted from 0. */
  readonly page: (n: number) => Reading<readonly string[] | Refused>;
};

/** The end of every document, as documentOf writes it. */
const endLine = `${OWN.heading}end${OWN.lineEnd}`;

/** The document of a review, its sections out of a stream instead of those in it. */
export function partsOf(review: Review, { content, tags, tagCount }: Shown, board: Board): readonly Part[] {
  const facts = documentOf({ ...review, sections: [] }, board.columns < 24 ? 'short' : 'long').slice(
    0,
    -endLine.length,
  );
  const heading = (name: string): string => `${OWN.heading}${name}${OWN.lineEnd}`;
  const text = content.length === 0 ? [] : [heading('text'), { text: content }];
  const list = tags === null || tagCount === 0 ? [] : [heading('tags'), { tags }];
  return [facts, ...text, ...list, endLine];
}

/** What a document shows of a stream. */
export type Shown = { readonly content: StreamText; readonly tags: StreamTags; readonly tagCount: number };

/** Lays a document out for a board. */
export function layOutParts(parts: readonly Part[], board: Board): Reading<Pages | Refused> {
  return orRefused(laidOut(parts, board));
}

function* laidOut(parts: readonly Part[], { columns, rows }: Board): Reading<Pages> {
  const laid: LaidPart[] = [];
  for (const part of parts)
    laid.push(typeof part === 'string' ? ownPart(part, columns) : yield* streamPart(part, columns));
  const height = rows - 2;
  const lines = laid.reduce((sum, part) => sum + part.lines, 0);
  function* page(n: number): Reading<readonly string[]> {
    const made: string[] = [];
    let before = 0;
    for (const part of laid) {
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

type LaidPart = { readonly lines: number; readonly rows: (from: number, to: number) => Reading<readonly string[]> };

function ownPart(text: string, columns: number): LaidPart {
  const lines = wrap(text, columns);
  return {
    lines: lines.starts.length,
    rows: function* (from, to) {
      return Array.from({ length: to - from }, (_, i) => rowOf(lines, from + i));
    },
  };
}

/** Where a walk through a section is between two pieces of its stream: copied, it can be gone on from once more. */
type Place = {
  /** The offset of the next piece. */
  next: number;
  /** Lines that are complete, and the text of the one that is not. */
  line: number;
  rest: string;
  /** Bytes of a character that was cut. */
  cut: Uint8Array;
  /** Of a text: the strings around it, and the bytes that are left; of tags: the scanner, and the number of the tag. */
  readonly inside:
    | { readonly levels: ReturnType<typeof newLevels>; left: number }
    | { readonly tags: TagPlace; tag: number };
};

/** Marks of one section: when there are so many, every other one goes. */
const marksMax = 24;

function* streamPart(part: Exclude<Part, string>, columns: number): Reading<LaidPart> {
  const bytes = 'text' in part ? part.text.bytes : part.tags.bytes;
  const marks: Place[] = [];
  let [every, pieces] = [1, 0];
  let recent: Place | null = null;

  /** Goes on from a place, piece by piece, until so many lines are complete. */
  function* go(
    place: Place,
    until: number,
    row: ((line: number, text: string) => void) | null,
    between: () => void,
  ): Reading<void> {
    const writer = lineWriter(place, columns, row);
    const walker = walkerOf(part, place, writer);
    let goesOn = walker.more();
    while (goesOn && place.line < until) {
      between();
      const piece = yield* bytes.piece(place.next);
      const end = Math.min(piece.start + piece.bytes.length, bytes.length);
      goesOn = walker.take(piece.bytes, place.next - piece.start, end - piece.start, place.next);
      place.next = end;
      writer.flush();
    }
    if (!goesOn) writer.end('text' in part ? OWN.lineEnd : '');
  }
  const counted = startOf(part);
  yield* go(counted, Number.POSITIVE_INFINITY, null, () => {
    if (pieces++ % every !== 0) return;
    marks.push(copyPlace(counted));
    if (marks.length < marksMax) return;
    every *= 2;
    marks.splice(0, marks.length, ...marks.filter((_, i) => i % 2 === 0));
  });
  return {
    lines: counted.line,
    rows: function* (from, to) {
      const before = [...marks, ...(recent === null ? [] : [recent])].filter(({ line }) => line <= from);
      const nearest = before.reduce((best, one) => (one.next > best.next ? one : best), marks[0] ?? startOf(part));
      const place = copyPlace(nearest);
      const made: string[] = [];
      const keep = (line: number, row: string): void => {
        if (line >= from && line < to) made.push(row);
      };
      let last: Place | null = null;
      yield* go(place, to, keep, () => {
        // The next page begins at `to`: the last place that is not beyond it is where to go on.
        last = copyPlace(place);
      });
      recent = last ?? recent;
      return made;
    },
  };
}

const nothing = new Uint8Array(0);

function startOf(part: Exclude<Part, string>): Place {
  const start = { line: 0, rest: '', cut: nothing };
  return 'text' in part
    ? { ...start, next: part.text.at, inside: { levels: newLevels(part.text.levels), left: part.text.length } }
    : { ...start, next: part.tags.at, inside: { tags: newTagPlace(part.tags), tag: 0 } };
}

function copyPlace(place: Place): Place {
  const { inside } = place;
  const copied =
    'tags' in inside
      ? { tags: copyTagPlace(inside.tags), tag: inside.tag }
      : { levels: copyLevels(inside.levels), left: inside.left };
  return { ...place, inside: copied };
}

type LineWriter = ReturnType<typeof lineWriter>;

/** Puts a section's pieces into its walker; what comes out is written as the lines of the document. */
function walkerOf(part: Exclude<Part, string>, { inside }: Place, writer: LineWriter) {
  if ('text' in part && !('tags' in inside)) {
    const walker = textWalker(part.text, (bytes, from, to) => writer.utf8(bytes, from, to), inside.levels, inside.left);
    return {
      more: () => walker.left() > 0,
      take: (bytes: Uint8Array, from: number, to: number, origin: number): boolean => {
        const more = walker.take(bytes, from, to, origin);
        inside.left = walker.left();
        return more;
      },
    };
  }
  if (!('tags' in inside)) throw new Error('pages: a place of another section');
  const visitor = {
    tagBegins: () => writer.own(`#${++inside.tag}`),
    itemBegins: () => writer.own(OWN.field),
    item: (bytes: Uint8Array, from: number, to: number) => writer.utf8(bytes, from, to),
    tagEnds: () => writer.own(OWN.lineEnd),
  };
  return { more: () => true, take: tagWalker(visitor, inside.tags).take };
}

/** Bytes of text that are broken into lines at once. */
const roomBytes = 512;

/** Breaks what is written into lines: all but the last of them are complete. */
function lineWriter(place: Place, columns: number, row: ((line: number, text: string) => void) | null) {
  const room = new Uint8Array(roomBytes);
  room.set(place.cut);
  let used = place.cut.length;

  function add(text: string, isEnd: boolean): void {
    const lines = wrap(place.rest + text, columns);
    const complete = lines.starts.length - (isEnd ? 0 : 1);
    if (row !== null) for (let n = 0; n < complete; n++) row(place.line + n, rowOf(lines, n));
    place.line += complete;
    place.rest = isEnd ? '' : lines.text.slice(lines.starts[complete] ?? 0);
  }
  function flush(): void {
    const whole = wholeCharacters(room, used);
    const text = decodeUtf8(room.subarray(0, whole));
    if (text === null) throw new Error('pages: text that nobody has checked');
    room.copyWithin(0, whole, used);
    used -= whole;
    place.cut = used === 0 ? nothing : room.slice(0, used);
    if (text !== '') add(untrusted(text), false);
  }
  return {
    utf8: (bytes: Uint8Array, from: number, to: number): void => {
      for (let i = from; i < to; ) {
        const size = Math.min(to - i, roomBytes - used);
        room.set(bytes.subarray(i, i + size), used);
        used += size;
        i += size;
        if (used === roomBytes) flush();
      }
    },
    own: (text: string): void => {
      flush();
      add(text, false);
    },
    flush,
    end: (text: string): void => {
      flush();
      if (place.rest + text !== '') add(text, true);
    },
  };
}

/** Bytes up to the last character that is whole. */
function wholeCharacters(bytes: Uint8Array, used: number): number {
  for (let back = 1; back <= Math.min(3, used); back++) {
    const byte = bytes[used - back] ?? 0;
    if (byte < 0x80) return used;
    if (byte >= 0xc0) return back < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? used - back : used;
  }
  return used;
}
