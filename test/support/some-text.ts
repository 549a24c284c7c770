/**
 * Any text, for properties: every code point, and oftener what an encoder treats specially. fast-check's own `string` of such a unit first
 * makes a table of a million code points, in seconds.
 */
import fc from 'fast-check';

const codePoint = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
  { weight: 2, arbitrary: fc.integer({ min: 0x80, max: 0xd7ff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0xe000, max: 0xffff }) },
  { weight: 2, arbitrary: fc.integer({ min: 0x1_0000, max: 0x10_ffff }) },
  // What joins its neighbours: an accent, a joiner, a choice of form; and what has to be escaped.
  { weight: 1, arbitrary: fc.constantFrom(0x301, 0x200d, 0xfe0f, 0x1f468, 0x22, 0x5c, 0x2028, 0xfeff) },
);

export function someText(lengths: { readonly minLength?: number; readonly maxLength: number }): fc.Arbitrary<string> {
  return fc.array(codePoint, lengths).map((points) => String.fromCodePoint(...points));
}
