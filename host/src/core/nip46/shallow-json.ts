/**
 * JSON from strangers: parsed only when it is neither nested deeper nor made of more values than asked for. `JSON.parse` survives
 * any depth but takes a second for a few million brackets, whoever walks the result recursively does not survive it, and a few
 * megabytes of `[],[],…` take seconds and hundreds of megabytes.
 */

/** What a text may be: brackets within brackets, and its weight (`weighJson`). */
export type JsonBounds = { readonly nestingMax: number; readonly valuesMax: number };

/** What the text says; or that it is not JSON or too deep; or that it is made of too many values. */
export type ReadJson =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'unreadable' }
  | { readonly type: 'too_many' };

/** Reads a text within bounds. Linear time. */
export function readShallowJson(text: string, bounds: JsonBounds): ReadJson {
  const weight = weighJson(text, bounds);
  if (typeof weight === 'string') return { type: weight };
  try {
    return { type: 'value', value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return { type: 'unreadable' };
    throw error;
  }
}

/** The same where it does not matter why nothing was read: undefined. */
export function parseShallowJson(text: string, bounds: JsonBounds): unknown {
  const read = readShallowJson(text, bounds);
  return read.type === 'value' ? read.value : undefined;
}

/**
 * About how many values a text is made of, by its opening brackets and its commas outside strings; or which bound it breaks, found
 * without reading on. Nothing is allocated.
 */
export function weighJson(text: string, { nestingMax, valuesMax }: JsonBounds): number | 'unreadable' | 'too_many' {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === ']' || char === '}') depth--;
    else if (char === ',' || char === '[' || char === '{') {
      if (++values > valuesMax) return 'too_many';
      if (char !== ',' && ++depth > nestingMax) return 'unreadable';
    }
  }
  return values;
}

/** Where the string that starts at `start` ends; the end of the text when it does not. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

/** A quote is escaped by an odd number of backslashes. Every backslash is looked at by one quote only: linear. */
function isEscaped(text: string, quote: number): boolean {
  let first = quote;
  while (text[first - 1] === '\\') first--;
  return (quote - first) % 2 === 1;
}
