/** One sentence for how everything is. Its tone is a colour and a sign beside the words, never instead of them. */
import { type Overall, overallOf } from '../../src/core/overall.ts';
import type { Status } from './live.ts';
import { texts } from './texts.ts';

export type Tone = 'good' | 'waiting' | 'bad' | 'paused';
export type Sentence = { readonly tone: Tone; readonly words: string };

/** `now` in ms. */
export function sentenceOf(status: Status, now: number): Sentence {
  const overall = overallOf(status, status.openRequests, now);
  return { tone: tones[overall], words: wordsOf(overall, status) };
}

function wordsOf(overall: Overall, { openRequests, apps }: Status): string {
  const said = texts.sentence;
  switch (overall) {
    case 'waiting':
      return said.waiting(openRequests);
    case 'ready':
      return apps === 0 ? said.readyWithoutApps : said.ready(apps);
    default:
      return said[overall];
  }
}

const tones: Readonly<Record<Overall, Tone>> = {
  killed: 'bad',
  paused: 'paused',
  absent: 'bad',
  greeting: 'waiting',
  refused: 'bad',
  incompatible: 'bad',
  unreadable: 'bad',
  locked: 'waiting',
  comparing: 'waiting',
  unpaired: 'waiting',
  fresh: 'waiting',
  noRelay: 'bad',
  waiting: 'waiting',
  ready: 'good',
};
