/** One sentence for how everything is. Its tone is a colour and a sign beside the words, never instead of them. */
import type { Status } from './live.ts';
import { texts } from './texts.ts';

export type Tone = 'good' | 'waiting' | 'bad' | 'paused';
export type Sentence = { readonly tone: Tone; readonly words: string };

/** The most pressing first. `now` in ms. */
export function sentenceOf(status: Status, now: number): Sentence {
  const said = texts.sentence;
  if (status.killedAt !== null) return { tone: 'bad', words: said.killed };
  if (status.pause !== null && (status.pause.until === null || status.pause.until > now))
    return { tone: 'paused', words: said.paused };
  const device = deviceSentence(status);
  if (device !== null) return device;
  if (!status.relays.some(({ state }) => state === 'listening')) return { tone: 'bad', words: said.noRelay };
  if (status.openRequests > 0) return { tone: 'waiting', words: said.waiting(status.openRequests) };
  return { tone: 'good', words: status.apps === 0 ? said.readyWithoutApps : said.ready(status.apps) };
}

/** Null: the device is there and open. */
function deviceSentence({ device }: Status): Sentence | null {
  const said = texts.sentence;
  switch (device.state) {
    case 'absent':
      return { tone: 'bad', words: said.absent };
    case 'refused':
      return { tone: 'bad', words: said.refused };
    case 'incompatible':
      return { tone: 'bad', words: said.incompatible };
    case 'unreadable':
      return { tone: 'bad', words: said.unreadable };
    case 'greeting':
      return { tone: 'waiting', words: said.connecting };
    case 'locked':
    case 'unlocking':
      return { tone: 'waiting', words: said.locked };
  }
  // Whoever does not know whether it is their device has nothing to do on it yet.
  if (device.channel === 'unpaired') return { tone: 'waiting', words: said.unpaired };
  return device.state === 'fresh' ? { tone: 'waiting', words: said.fresh } : null;
}
