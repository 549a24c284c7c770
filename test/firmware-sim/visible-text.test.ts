/** Untrusted text on the screen: nothing dropped, nothing that misleads, none of our marks forged. */
import { expect, test } from 'vitest';
import { rowOf, wrap } from '../../firmware-sim/src/firmware/screen/cells.ts';
import { OWN, untrusted, untrustedLine } from '../../firmware-sim/src/firmware/screen/visible-text.ts';
import { sampler, someText } from './sample.ts';

/** A short text as its rows show it, blanks at the right removed. */
function shown(text: string, columns = 60): string {
  return rows(text, columns)
    .map((row) => row.trimEnd())
    .join('\n');
}

function rows(text: string, columns: number): string[] {
  const lines = wrap(text, columns);
  return Array.from(lines.starts, (_, n) => rowOf(lines, n));
}

/** The code points named in the task of this file, each with its neighbours at both ends of a range. */
const INVISIBLE = [
  ...range(0x00, 0x08),
  ...range(0x0b, 0x1f),
  ...range(0x7f, 0xa0),
  0xad,
  0x34f,
  0x61c,
  0x115f,
  0x1160,
  0x11ff,
  0x180e,
  ...range(0x2000, 0x200f),
  ...range(0x2028, 0x202f),
  ...range(0x205f, 0x206f),
  0x2800,
  0x3000,
  0x3164,
  0xd7b0,
  0xe000,
  0xf8ff,
  0xfdd0,
  ...range(0xfe00, 0xfe0f),
  0xfeff,
  0xffa0,
  ...range(0xfff0, 0xfffb),
  0xfffe,
  0xffff,
  0x1f600,
  0x1d173,
  0xe0001,
  0xe0041,
  0xe0100,
  0xf0000,
  0x10ffff,
];

test.each(INVISIBLE.map((code) => [`U+${code.toString(16).toUpperCase().padStart(4, '0')}`, code] as const))(
  '%s is shown as its code point',
  (name, code) => {
    expect(shown(`a${String.fromCodePoint(code)}b`)).toBe(`a⟨${name}⟩b`);
  },
);

test.each(['\u0301', '\u0e31', '\u093f', '\u20dd', '\u064b'])('a combining mark has a cell of its own: %j', (mark) => {
  const code = mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  expect(shown(`x${mark}`)).toBe(`x⟨U+${code}⟩`);
});

test('letters, digits, punctuation and symbols of the basic plane are drawn', () => {
  for (const text of [
    'Grüße',
    'Привет',
    'שלום',
    'مرحبا',
    '漢字かなカナ한글',
    'ไทย'.replace(/\p{M}/gu, ''),
    '€☃♥…“”—−×',
    'ﬀ',
    '�',
  ]) {
    expect(shown(text)).toBe(text);
  }
});

test.each([...'⟨⟩↵→·⋯▸▒█〈〉⏎∙⋅▶►‣'])('our own mark %s, when somebody else writes it, is a code point', (mark) => {
  const code = mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  expect(shown(`a${mark}b`)).toBe(`a⟨U+${code}⟩b`);
});

test('line breaks, tabs, and spaces that nobody would see', () => {
  expect(shown('a\nb')).toBe('a↵\nb');
  expect(shown('a\n\n')).toBe('a↵\n↵');
  expect(shown('\n')).toBe('↵');
  expect(shown('a\r\nb')).toBe('a⟨U+000D⟩↵\nb');
  expect(shown('a\tb')).toBe('a→b');
  expect(shown('a  \nb ')).toBe('a··↵\nb·');
  expect(shown('   ')).toBe('···');
  expect(shown(`a b ${OWN.lineEnd}c`)).toBe('a b·\nc');
  expect(shown('')).toBe('');
});

test('the right edge tells how a line goes on', () => {
  expect(rows('hello wide world', 12)).toEqual(['hello wide  ', 'world       ']);
  expect(rows('hello wide  world', 12)).toEqual(['hello wide··', 'world       ']);
  expect(rows('abcdefghijklmnop', 12)).toEqual(['abcdefghijkl', 'mnop        ']);
  expect(rows('abcdefghijkl mnop', 12)).toEqual(['abcdefghijkl', ' mnop       ']);
  expect(rows('漢字漢字漢x漢字', 12)).toEqual(['漢字漢字漢x⋯', '漢字        ']);
  expect(rows('abcdef\u202eghi', 12)).toEqual(['abcdef⋯     ', '⟨U+202E⟩ghi ']);
});

test('a field cannot start a line of its own', () => {
  expect(untrustedLine('Bank\naccount')).toBe(`Bank${OWN.innerBreak}account`);
  expect(shown(untrustedLine('Bank\naccount'))).toBe('Bank⟨U+000A⟩account');
});

test('our structure cannot come in from outside', () => {
  for (const unit of [...Object.values(OWN), '\ud800', 'x\udfff'])
    expect(() => untrusted(unit)).toThrow('lone surrogate');
  expect(untrusted('😀')).toBe('😀');
});

test('nothing is dropped: what was written can be read back from the rows', () => {
  const next = sampler(14);
  for (let i = 0; i < 500; i++) {
    // Without spaces every row of the text is full or says how it goes on, so the text follows from the rows.
    const text = someText(next, next(80)).replaceAll(' ', '_').toWellFormed();
    const all = rows(text, 16)
      .map((row) => row.trimEnd().replace('⋯', ''))
      .join('');
    const back = all
      .replaceAll('↵', '\n')
      .replaceAll('→', '\t')
      .replace(/⟨U\+([0-9A-F]+)⟩/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
    expect(back).toBe(text);
  }
});

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
