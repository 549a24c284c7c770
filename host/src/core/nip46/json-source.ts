/**
 * The source text of one member of a JSON object, for numbers that lose digits as a JavaScript number. Linear and without
 * allocation: `JSON.parse` with a reviver that is told the source costs seconds for a hostile megabyte.
 */
import { type JsonBounds, parseShallowJson } from './shallow-json.ts';

/** The source of the member `name` of the object that `text` is, or null. As in JSON, the last one counts; what `text` is not, the source may not be either. */
export function memberSource(text: string, name: string): string | null {
  let found: string | null = null;
  let depth = 0;
  let start = -1;
  let key = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = endOfString(text, at);
      if (depth === 1 && start === -1) key = end - at < keyMax ? text.slice(at, end + 1) : '';
      at = end;
    } else if (char === ':' && depth === 1) start = at + 1;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    const ends = (char === ',' && depth === 1) || (char === '}' && depth === 0);
    if (!ends || start === -1) continue;
    if (isKey(key, name)) found = text.slice(start, at).trim();
    start = -1;
  }
  return found;
}

/** A text, a number or a word: nothing that holds others. */
export const oneValue: JsonBounds = { nestingMax: 0, valuesMax: 0 };

/** A short name, each of its characters perhaps written as \uXXXX. */
const keyMax = 64;

function isKey(source: string, name: string): boolean {
  return parseShallowJson(source, oneValue) === name;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
