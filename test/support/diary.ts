/**
 * What a day with the signer looks like from outside, written down as it happens: what the host says to people, what stands on the
 * device, what apps hear. Each line stands under the hour at which the teller did something; one that came later says when.
 */
import { sentenceOf } from '../../host/src/report.ts';
import type { MemoryApp } from './memory-app.ts';
import type { World } from './world.ts';

export type Diary = {
  /** Time goes by until this time of day, and then the teller does something. */
  readonly at: (time: string, words: string) => void;
  /** Time goes by, so many seconds. */
  readonly pass: (seconds: number) => void;
  /** From now on it is written down what this app hears. */
  readonly follow: (app: MemoryApp, name: string) => void;
  readonly note: (words: string) => void;
  readonly text: () => string;
};

export function diary(world: World): Diary {
  const { clock, device } = world;
  const pages: string[] = [];
  const apps: { readonly app: MemoryApp; readonly name: string; heard: number }[] = [];
  let heading = '';
  let said = new Set<string>();
  let host = world.host();
  const seen = { reports: 0, prompts: 0, pairings: 0 };

  const timeOfDay = (): string => new Date(clock.now()).toISOString().slice(11, 16);

  function note(words: string): void {
    if (said.has(words)) return;
    said.add(words);
    const later = timeOfDay() === heading ? '' : `${timeOfDay()} `;
    pages.push(`      ${later}${words}`);
  }

  function look(): void {
    if (host !== world.host()) [host, seen.reports] = [world.host(), 0];
    for (const prompt of [...device.pairings.slice(seen.pairings), ...device.prompts.slice(seen.prompts)])
      note(`▣ ${prompt.rows[0]?.replace(/ +\d+\/\d+ *$/, '')}`);
    [seen.pairings, seen.prompts] = [device.pairings.length, device.prompts.length];
    for (const report of host.reports.slice(seen.reports)) {
      const words = sentenceOf(report);
      if (words !== null) note(named(words));
    }
    seen.reports = host.reports.length;
    for (const one of apps) {
      for (const { json } of one.app.inbox.slice(one.heard)) note(`◀ ${one.name} ${answerText(json)}`);
      one.heard = one.app.inbox.length;
    }
  }

  /** Keys are told by the names that the story gave them. */
  function named(words: string): string {
    return apps.reduce((text, { app, name }) => text.replaceAll(app.pubkey.slice(0, 8), name), words);
  }

  function goOn(ms: number, stepMs: number): void {
    for (const end = clock.now() + ms; clock.now() < end; look()) clock.advance(Math.min(stepMs, end - clock.now()));
  }

  return {
    at: (time, words) => {
      const today = new Date(clock.now()).toISOString().slice(0, 11);
      goOn(Date.parse(`${today}${time}:00Z`) - clock.now(), 30_000);
      [heading, said] = [time, new Set()];
      pages.push(`${time} ${words}`);
    },
    pass: (seconds) => goOn(seconds * 1_000, 200),
    follow: (app, name) => void apps.push({ app, name, heard: app.inbox.length }),
    note,
    text: () => `${pages.join('\n')}\n`,
  };
}

function answerText({ result, error }: MemoryApp['inbox'][number]['json']): string {
  if (error !== undefined) return `is told: ${String(error)}`;
  if (typeof result !== 'string' || !result.startsWith('{')) return `gets ${JSON.stringify(result)}`;
  const { kind, content } = JSON.parse(result) as { kind?: unknown; content?: unknown };
  return `gets the signed event, kind ${String(kind)}: ${JSON.stringify(content)}`;
}
