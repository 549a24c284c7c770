/** What commands are given, parsed: a number, a time, an app by the start of its key. What is wrong ends the command with a sentence. */
import { limits } from '@sallyport/device-protocol';
import { pauseMinutesMax } from '../control/schemas.ts';
import { answerOf, type Command, Ending, exitCodes } from './io.ts';

/** Makes an action of a function: it gets the command that runs, and what commander parsed. */
export type Action = <A extends unknown[]>(
  act: (command: Command, ...args: A) => Promise<void>,
) => (...args: A) => Promise<void>;

/** The key of a paired app from the start of it. */
export async function appKey(command: Command, start: string): Promise<string> {
  if (/^[0-9a-f]{64}$/.test(start)) return start;
  const { apps } = answerOf(await command.client.call('GET /v0/apps'));
  const found = apps.filter(({ client }) => client.startsWith(start.toLowerCase()));
  const [only] = found;
  if (only === undefined || start === '')
    throw new Ending(exitCodes.refused, `No paired app has a key that begins with "${start}".`);
  if (found.length > 1) throw new Ending(exitCodes.refused, `Several apps have keys that begin with "${start}".`);
  return only.client;
}

export function pauseOf(minutes: string | undefined): { minutes: number | null } {
  return { minutes: minutes === undefined ? null : numberOf(minutes, '--minutes', 1, pauseMinutesMax) };
}

/** Until when, in words. */
export function pauseText(minutes: string | undefined): string {
  if (minutes === undefined) return 'until you resume';
  return Number(minutes) === 1 ? 'for a minute' : `for ${minutes} minutes`;
}

/** The one of several names that this is. */
export function oneOf<T extends string>(names: readonly T[], text: string, what: string): T {
  const found = names.find((name) => name === text);
  if (found === undefined) throw wrong(`"${text}" is no ${what}; there are ${names.join(', ')}`);
  return found;
}

/** A whole number, from the least to the most. */
export function numberOf(text: string, what: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  if (!/^\d{1,15}$/.test(text)) throw wrong(`${what} is a number, and "${text}" is none`);
  if (Number(text) < least || Number(text) > most) throw wrong(`${what} takes ${least} to ${most}, and not ${text}`);
  return Number(text);
}

/** Words of the user, none of which is left out. */
export function wordsOf(text: string, what: string, most: number): string {
  if (text.length > most) throw wrong(`${what} takes ${most} characters at most, and these are ${text.length}`);
  return text;
}

/** The number of an account of the device. */
export function accountOf(text: string, what: string): number {
  return numberOf(text, what, 0, limits.accountsMax - 1);
}

export function timeOf(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw wrong(`"${text}" is no time; one looks like 2026-01-31 or 2026-01-31T12:00Z`);
  return time;
}

/** A wrong call; it ends with a sentence. */
export function wrong(words: string): Ending {
  return new Ending(exitCodes.wrongCall, `${words}.`);
}
