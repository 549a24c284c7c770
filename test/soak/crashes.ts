/**
 * SIGKILL of the host at random moments while a device of its own, which lives on, is being asked: real processes, real SQLite, a real
 * pseudo-terminal, a relay of its own. Every request ends, most with their signature; an app repeats what it heard nothing of; and the
 * device, whose every screen is taken down, never showed one request twice. No request ends by an error, unless the host was away for
 * so long that the device forgot what it had answered, and it says that.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '@sallyport/device-protocol';
import { startLoopbackRelay } from '../../host/src/loopback-relay/server.ts';
import { between, type Chance, chance } from '../support/random.ts';
import { type Answer, openApp, type RawApp } from '../support/raw-app.ts';
import { ready, startWhole, type Whole } from '../support/whole.ts';
import { failure, must, type Stage } from './stage.ts';

/** Kills of one load, and how long after each start at most. */
const killsEach = 3;
const killMsMax = 1_500;
const requestsEach = 24;
/** How long the rest may take once nobody is killed any more. */
const restMs = 30_000;
/** Less than the device keeps an answer, because a host that is back still has to ask for it: away for no longer, nothing is forgotten. */
const awayMs = limits.resultKeptMs / 2;
/** What is said of a request whose answer was forgotten. */
const forgotten = ['The signing device forgot the answer', 'This was asked before'];

type Told = {
  kills: number;
  signed: number;
  refused: number;
  repeated: number;
  /** Errors by their words, and how long the device was without its computer at most. */
  words: Map<string, number>;
  longestMs: number;
};

export const crashes: Stage = {
  count: 100,
  run: async (first, count) => {
    const relay = await startLoopbackRelay();
    const whole = await startWhole({ relay: relay.url });
    const told: Told = { kills: 0, signed: 0, refused: 0, repeated: 0, words: new Map(), longestMs: 0 };
    const presses = pressAlways(whole);
    try {
      for (let seed = first; seed < first + count; seed++) {
        try {
          await load(whole, seed, chance(seed), told);
        } catch (problem) {
          throw failure(seed, problem);
        }
      }
    } finally {
      presses.end();
      await whole.close();
      await relay.close();
    }
    const { kills, signed, refused, repeated, longestMs } = told;
    const words = [...told.words].map(([why, times]) => `; ${times} × ${why}`).join('');
    const away = `the device alone for ${(longestMs / 1000).toFixed(1)} s at most`;
    must(
      refused < signed,
      `${refused} requests ended by an error, and ${signed} by their signature: this machine is too busy`,
    );
    return `${kills} kills: ${signed} requests signed, ${refused} ended by an error, ${repeated} repeated by their app, none shown twice; ${away}${words}`;
  },
};

async function load(whole: Whole, seed: number, draw: Chance, told: Told): Promise<void> {
  const app = await openApp(whole);
  try {
    const connected = await app.connect();
    must(connected.result === 'ack', `a pairing: ${connected.error}`);
    const asked = Array.from({ length: requestsEach }, (_, i) => new Request(app, `note ${seed}-${i}.`));
    let longestMs = 0;
    for (let n = 0; n < killsEach; n++) {
      for (const request of asked.slice((n * requestsEach) / killsEach, ((n + 1) * requestsEach) / killsEach))
        request.ask();
      await sleep(between(draw, 0, killMsMax));
      const killedAt = Date.now();
      await whole.killHost();
      await whole.startHost();
      longestMs = Math.max(longestMs, Date.now() - killedAt);
      told.kills++;
    }
    told.longestMs = Math.max(told.longestMs, longestMs);
    await ready(whole.host());
    await settled(asked, restMs / 2);
    for (const request of asked.filter(({ answer }) => answer === null)) {
      request.ask();
      told.repeated++;
    }
    await settled(asked, restMs);
    for (const { content, answer } of asked) {
      must(answer !== null, `${content} was never answered`);
      const isSigned = typeof answer.error !== 'string';
      if (isSigned) told.signed++;
      else {
        told.refused++;
        const why = String(answer.error);
        told.words.set(why, (told.words.get(why) ?? 0) + 1);
        const isHonest = longestMs >= awayMs && forgotten.some((words) => why.startsWith(words));
        must(isHonest, `${content} ended by an error after ${longestMs} ms without a host: ${why}`);
      }
      const shown = shownFor(whole, content);
      // What was signed was seen, so that the screens are known to be counted.
      must(isSigned ? shown === 1 : shown <= 1, `${content} was shown ${shown} times`);
    }
  } finally {
    app.close();
  }
}

/** One request of an app, which keeps its id when it is repeated. */
class Request {
  answer: Answer | null = null;
  readonly #app: RawApp;
  readonly content: string;

  constructor(app: RawApp, content: string) {
    this.#app = app;
    this.content = content;
  }

  ask(): void {
    const template = { kind: 1, created_at: 1_700_000_000, tags: [], content: this.content };
    const answering = this.#app.ask('sign_event', [JSON.stringify(template)], this.content);
    answering.then(
      (answer) => {
        this.answer ??= answer;
      },
      () => undefined, // the app was closed
    );
  }
}

async function settled(asked: readonly Request[], ms: number): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end && asked.some(({ answer }) => answer === null); ) await sleep(50);
}

/** How many questions of the device had this text on their screen. */
function shownFor(whole: Whole, content: string): number {
  const lines = whole.device().lines.filter(({ screen }) => screen?.some((row) => row.trim() === content));
  return new Set(lines.map(({ waiting }) => waiting).filter((id) => id !== null && id !== undefined)).size;
}

/** The human who says yes to everything. */
function pressAlways(whole: Whole): { readonly end: () => void } {
  let running = true;
  void (async () => {
    while (running) {
      try {
        await whole.device().answer('approve');
      } catch (problem) {
        if (!String(problem).includes('not within')) return; // the device is gone
      }
    }
  })();
  return {
    end: () => {
      running = false;
    },
  };
}
