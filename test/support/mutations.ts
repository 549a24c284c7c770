/** Damage from a seed, for fuzzing: bytes and texts with a few things wrong in them. */
import { between, type Chance, pick } from './random.ts';

/** One to four changes: bits, bytes, insertions, deletions, doubled stretches, a cut. */
export function mutatedBytes(draw: Chance, source: Uint8Array): Uint8Array {
  const bytes = [...source];
  for (let count = between(draw, 1, 4); count > 0; count--) {
    const at = between(draw, 0, Math.max(0, bytes.length - 1));
    const what = draw();
    if (what < 0.3 && bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << between(draw, 0, 7));
    else if (what < 0.45 && bytes.length > 0) bytes[at] = pick(draw, [0, 0xff, 0x7f, between(draw, 0, 255)]);
    else if (what < 0.6) bytes.splice(at, 0, between(draw, 0, 255));
    else if (what < 0.75) bytes.splice(at, between(draw, 1, 3));
    else if (what < 0.9) bytes.splice(at, 0, ...bytes.slice(at, at + between(draw, 1, 40)));
    else bytes.length = Math.min(bytes.length, at);
  }
  return Uint8Array.from(bytes);
}

/** What turns up in JSON and makes a difference there. */
const pieces: readonly [string, ...string[]] = [
  '"',
  '\\',
  '\\"',
  '\\u0000',
  '\\ud800',
  '\ud800',
  '\u202e',
  '\ufeff',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  'null',
  'true',
  '-1',
  '0.5',
  '1e999',
  '18446744073709551615',
  '""',
  '{}',
  '[]',
  '[[[[[[[[[[[[[[[[[[',
  '"id":7,',
  '"__proto__":{"method":"ping"},',
  '"toJSON":1,',
  '\n',
  '🌍',
];

/** One to three changes to a text, most of them where JSON is sensitive. */
export function mutatedText(draw: Chance, source: string): string {
  let text = source;
  for (let count = between(draw, 1, 3); count > 0; count--) {
    const at = between(draw, 0, text.length);
    const end = at + between(draw, 1, 12);
    const what = draw();
    if (what < 0.35) text = text.slice(0, at) + pick(draw, pieces) + text.slice(at);
    else if (what < 0.55) text = text.slice(0, at) + pick(draw, pieces) + text.slice(end);
    else if (what < 0.7) text = text.slice(0, at) + text.slice(end);
    else if (what < 0.85) text = text.slice(0, at) + text.slice(at, end).repeat(2) + text.slice(end);
    else if (what < 0.95) text = text.slice(0, at) + String.fromCharCode(between(draw, 0, 0xffff)) + text.slice(at + 1);
    else text = text.slice(0, at);
  }
  return text;
}

/** What may stand where something else is expected. */
const oddValues: readonly [unknown, ...unknown[]] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  14,
  24133,
  '',
  'x'.repeat(300),
  '\ud800',
  '\u202e\u0000',
  [],
  {},
  [[[[[['deep']]]]]],
  { toString: 1 },
  '[]',
  '{"kind":1}',
];

/** One to three changes to a JSON text that leave it JSON: values are replaced by odd ones, dropped, doubled. */
export function mutatedJson(draw: Chance, source: string): string {
  let value: unknown = JSON.parse(source);
  for (let count = between(draw, 1, 3); count > 0; count--) value = changed(draw, value);
  return JSON.stringify(value);
}

function changed(draw: Chance, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || draw() < 0.1) return pick(draw, oddValues);
  if (Array.isArray(value)) {
    const items: unknown[] = [...value];
    const at = between(draw, 0, Math.max(0, items.length - 1));
    const what = draw();
    if (what < 0.2) items.splice(at, 1);
    else if (what < 0.4) items.splice(at, 0, pick(draw, [...oddValues, items[at]]));
    else items[at] = changed(draw, items[at]);
    return items;
  }
  const entries: [string, unknown][] = Object.entries(value);
  const at = between(draw, 0, entries.length - 1);
  return Object.fromEntries(
    entries.flatMap(([name, item], i) => {
      if (i !== at) return [[name, item]];
      const what = draw();
      if (what < 0.2) return [];
      if (what < 0.3) return [[`${name}x`, item]];
      return [[name, changed(draw, item)]];
    }),
  );
}
