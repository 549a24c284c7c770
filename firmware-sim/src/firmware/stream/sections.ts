/**
 * One section of a review, laid out of the stream in which it lies: the same rows that screens.ts makes of a text at hand. One reading
 * goes through all of it and counts its lines, and whoever wants the same bytes for something else (the hash of an event) is told of them on
 * the way. It leaves marks, some dozen for any size, from which rows are found again: the next ones go on where the last ones ended,
 * earlier ones begin at the mark before them.
 *
 * Every section begins on a line of its own, so each is laid out by itself.
 */
import { decodeUtf8 } from '@sallyport/device-protocol';
import { rowOf, wrap } from '../screen/cells.ts';
import { OWN, untrusted } from '../screen/visible-text.ts';
import type { Reading } from './reading.ts';
import { copyTagPlace, newTagPlace, type StreamTags, type TagPlace, type TagVisitor, tagWalker } from './tags.ts';
import { copyLevels, newLevels, type StreamText, textWalker } from './walk.ts';

/** What is laid out: a text, or the tags of an event. */
type Section = { readonly text: StreamText } | { readonly tags: NonNullable<StreamTags> };

/** How many lines it takes on a screen of so many columns, and its rows, read again whenever they are looked at. */
export type LaidSection = {
  readonly columns: number;
  readonly lines: number;
  readonly rows: (from: number, to: number) => Reading<readonly string[]>;
};

/** A section under its heading. */
export type HeadedSection = { readonly heading: string; readonly section: LaidSection };

/** Who hears of everything in a section while it is laid out, once; of a text as one item. */
export type Alongside = Pick<TagVisitor, 'item'> & Partial<TagVisitor>;

/** Lays a text out; an empty one is no section. */
export function* layText(
  heading: string,
  text: StreamText,
  columns: number,
  alongside?: Alongside,
): Reading<readonly HeadedSection[]> {
  return text.length === 0 ? [] : [{ heading, section: yield* laySection({ text }, columns, alongside) }];
}

/** Lays the tags of an event out, so many of them; none are no section. */
export function* layTags(
  tags: StreamTags,
  count: number,
  columns: number,
  alongside?: Alongside,
): Reading<readonly HeadedSection[]> {
  if (tags === null || count === 0) return [];
  return [{ heading: 'tags', section: yield* laySection({ tags }, columns, alongside) }];
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

function* laySection(section: Section, columns: number, alongside: Alongside = nobody): Reading<LaidSection> {
  const bytes = 'text' in section ? section.text.bytes : section.tags.bytes;
  const marks: Place[] = [];
  let [every, pieces] = [1, 0];
  let recent: Place | null = null;

  /** Goes on from a place, piece by piece, until so many lines are complete. */
  function* go(
    place: Place,
    until: number,
    row: ((line: number, text: string) => void) | null,
    heard: Alongside,
    between: () => void,
  ): Reading<void> {
    const writer = lineWriter(place, columns, row);
    const walker = walkerOf(section, place, writer, heard);
    let goesOn = walker.more();
    while (goesOn && place.line < until) {
      between();
      const piece = yield* bytes.piece(place.next);
      const end = Math.min(piece.start + piece.bytes.length, bytes.length);
      goesOn = walker.take(piece.bytes, place.next - piece.start, end - piece.start, place.next);
      place.next = end;
      writer.flush();
    }
    if (!goesOn) writer.end('text' in section ? OWN.lineEnd : '');
  }
  const counted = startOf(section);
  yield* go(counted, Number.POSITIVE_INFINITY, null, alongside, () => {
    if (pieces++ % every !== 0) return;
    marks.push(copyPlace(counted));
    if (marks.length < marksMax) return;
    every *= 2;
    marks.splice(0, marks.length, ...marks.filter((_, i) => i % 2 === 0));
  });
  return {
    columns,
    lines: counted.line,
    rows: function* (from, to) {
      const before = [...marks, ...(recent === null ? [] : [recent])].filter(({ line }) => line <= from);
      const nearest = before.reduce((best, one) => (one.next > best.next ? one : best), marks[0] ?? startOf(section));
      const place = copyPlace(nearest);
      const made: string[] = [];
      const keep = (line: number, row: string): void => {
        if (line >= from && line < to) made.push(row);
      };
      let last: Place | null = null;
      yield* go(place, to, keep, nobody, () => {
        // The next page begins at `to`: the last place that is not beyond it is where to go on.
        last = copyPlace(place);
      });
      recent = last ?? recent;
      return made;
    },
  };
}

const nothing = new Uint8Array(0);
const nobody: Alongside = { item: () => undefined };

function startOf(section: Section): Place {
  const start = { line: 0, rest: '', cut: nothing };
  return 'text' in section
    ? { ...start, next: section.text.at, inside: { levels: newLevels(section.text.levels), left: section.text.length } }
    : { ...start, next: section.tags.at, inside: { tags: newTagPlace(section.tags), tag: 0 } };
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

/** Puts a section's pieces into its walker; what comes out is told, and written as the lines of the document. */
function walkerOf(section: Section, { inside }: Place, writer: LineWriter, heard: Alongside) {
  const item = (bytes: Uint8Array, from: number, to: number): void => {
    heard.item(bytes, from, to);
    writer.utf8(bytes, from, to);
  };
  if ('text' in section && !('tags' in inside)) {
    const walker = textWalker(section.text, item, inside.levels, inside.left);
    return {
      more: () => walker.left() > 0,
      take: (bytes: Uint8Array, from: number, to: number, origin: number): boolean => {
        const more = walker.take(bytes, from, to, origin);
        inside.left = walker.left();
        return more;
      },
    };
  }
  if (!('tags' in inside)) throw new Error('a place of another section');
  const visitor = {
    tagBegins: () => {
      heard.tagBegins?.();
      writer.own(`#${++inside.tag}`);
    },
    itemBegins: () => {
      heard.itemBegins?.();
      writer.own(OWN.field);
    },
    item,
    tagEnds: () => {
      heard.tagEnds?.();
      writer.own(OWN.lineEnd);
    },
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
    if (text === null) throw new Error('a section of text that nobody has checked');
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
