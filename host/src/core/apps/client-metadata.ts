/**
 * What an app says about itself in `connect` (NIP-46, "Client metadata"). All of it is a claim of a stranger: a display hint,
 * cut to size and freed of everything that could make a screen or a log show something else than what is there.
 */
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import { parseShallowJson } from '../nip46/shallow-json.ts';

/** The claims that are kept; empty when the app made none. */
export type ClientMetadata = { readonly name: string; readonly url: string };

/** Reads the fourth parameter of `connect`: JSON in a string, or (some clients) the object itself. Unreadable means no claim. */
export function parseMetadata(param: unknown): ClientMetadata {
  const value = typeof param === 'string' ? parseClaims(param) : param;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { name: '', url: '' };
  const { name, url } = value as Record<string, unknown>;
  return { name: cleanLine(name, limits.nameMax), url: cleanLine(url, limits.urlMax) };
}

/**
 * One line of at most `max` characters without controls, line breaks, bidirectional or invisible marks, unassigned or lone
 * surrogate code points. Anything but a string is an empty line.
 */
export function cleanLine(value: unknown, max: number): string {
  if (typeof value !== 'string') return '';
  // Cut first: a hostile megabyte must not be scanned for the sake of 64 characters. Stripping can only shorten.
  const spaced = value.slice(0, max * 8).replace(/[\p{Cc}\p{Z}]+/gu, ' ');
  const words = spaced.replace(/\p{C}/gu, '').trim();
  return [...words].slice(0, max).join('').trim();
}

/** The same of a list with commas, such as permissions: an item is there whole or not at all, for half of it may be another one. */
export function cleanList(value: unknown, max: number): string {
  // As for a line, no more is looked at.
  return typeof value === 'string' ? wholeItems(cleanLine(wholeItems(value, max * 8), max * 8), max) : '';
}

/** As many items of a list as there is room for. */
export function wholeItems(list: string, max: number): string {
  return list.length <= max ? list : list.slice(0, Math.max(0, list.lastIndexOf(',', max)));
}

/** What the device shows as the asking app: its name, or the start of its key when it gave none. */
export function appLabel(app: { readonly client: string; readonly name: string }): string {
  return app.name === '' ? `app ${app.client.slice(0, 8)}` : app.name;
}

function parseClaims(text: string): unknown {
  return text.length > limits.metadataMax ? null : parseShallowJson(text, limits.json);
}
