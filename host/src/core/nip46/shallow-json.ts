/**
 * JSON from strangers: parsed only when it is not nested deeper than asked for. `JSON.parse` survives any depth but takes a
 * second for a few million brackets, and whoever walks the result recursively does not survive it.
 */

/** What the text says, or undefined when it is not JSON or is nested deeper than `nestingMax`. Linear time. */
export function parseShallowJson(text: string, nestingMax: number): unknown {
  if (!isShallow(text, nestingMax)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isShallow(text: string, nestingMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === ']' || char === '}') depth--;
    else if ((char === '[' || char === '{') && ++depth > nestingMax) return false;
  }
  return true;
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
