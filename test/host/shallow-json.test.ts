/** JSON from strangers: what is too deep or made of too many values is not parsed, and everything else says what it says. */
import { describe, expect, it } from 'vitest';
import { readShallowJson } from '../../host/src/core/nip46/shallow-json.ts';

const bounds = { nestingMax: 3, valuesMax: 10 };

describe('what is read', () => {
  it.each([
    '"a"',
    '7',
    'null',
    '[[[]]]',
    '{"a":{"b":[1,2]}}',
    '"[[[[{{{{,,,,,,,,,,,,"',
    '["\\"[[[[,,,,,,,,,,,,","\\\\"]',
    `[${'1,'.repeat(9)}1]`,
    `["${'[,'.repeat(1_000)}"]`,
  ])('%s', (text) => {
    expect(readShallowJson(text, bounds)).toEqual({ type: 'value', value: JSON.parse(text) });
  });
});

describe('what is not read', () => {
  it.each([
    ['four brackets deep', '[[[[]]]]', 'unreadable'],
    ['deep after a quote that is escaped', '["\\\\",[[[]]]]', 'unreadable'],
    ['no JSON', '[1,', 'unreadable'],
    ['no text', '', 'unreadable'],
    ['many numbers', `[${'1,'.repeat(10)}1]`, 'too_many'],
    ['many lists', `[${'[],'.repeat(5)}[]]`, 'too_many'],
    ['many objects', `[${'{},'.repeat(5)}{}]`, 'too_many'],
    ['many members', `{${Array.from({ length: 11 }, (_, i) => `"${i}":0`).join()}}`, 'too_many'],
    ['many items after strings', `["[","\\"",${'"",'.repeat(9)}""]`, 'too_many'],
  ])('%s', (_name, text, type) => {
    expect(readShallowJson(text, bounds)).toEqual({ type });
  });
});
