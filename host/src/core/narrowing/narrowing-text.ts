/** The narrowing as the text that the store keeps: JSON, read back with every field looked at. What cannot be read is not guessed. */
import { isHex32 } from '../nip46/event.ts';
import { everybody, type Narrowing, type Pause, type Rule } from './narrowing.ts';

/** Writes it. */
export function narrowingText({ killedAt, pauses, rules, nextRule }: Narrowing): string {
  return JSON.stringify({ killedAt, pauses: [...pauses], rules, nextRule });
}

/** Reads it; null when it is nothing that this host wrote. */
export function parseNarrowing(text: string): Narrowing | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // Not ours; the caller says so.
  }
  if (!isRecord(value)) return null;
  const { killedAt, pauses, rules, nextRule } = value;
  if (!isTimeOrNull(killedAt) || !Array.isArray(pauses) || !Array.isArray(rules) || !isCount(nextRule)) return null;
  if (!pauses.every(isPauseEntry) || !rules.every(isRule)) return null;
  return { killedAt, pauses: new Map(pauses), rules, nextRule };
}

function isPauseEntry(value: unknown): value is [string, Pause] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [client, pause]: unknown[] = value;
  if (client !== everybody && !isHex32(client)) return false;
  return isRecord(pause) && isCount(pause['since']) && isTimeOrNull(pause['until']);
}

function isRule(value: unknown): value is Rule {
  if (!isRecord(value)) return false;
  const { number, client, method, kind, note } = value;
  const isText = typeof note === 'string' && (method === null || typeof method === 'string');
  return isText && isCount(number) && (client === null || isHex32(client)) && (kind === null || isCount(kind));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isTimeOrNull(value: unknown): value is number | null {
  return value === null || isCount(value);
}
