/** What relays say, mutated: parsed into the closed union or null, never thrown over; events as they were sent, words fit to be shown. */
import { isDeepStrictEqual } from 'node:util';
import { isGenuine } from '../../host/src/core/nip46/event.ts';
import { challengeMax, relayWordsMax, subscriptionIdMax } from '../../host/src/core/nip46/limits.ts';
import { parseRelayMessage, type RelayMessage } from '../../host/src/core/relay/relay-message.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { mutatedJson, mutatedText } from '../support/mutations.ts';
import { chance, pick } from '../support/random.ts';
import { signed } from '../support/signed-event.ts';
import { forEachSeed, must, type Stage } from './stage.ts';

const event = signed();
const sources: readonly [string, ...string[]] = [
  JSON.stringify(['EVENT', 'sub', event]),
  JSON.stringify(['EVENT', 'sub', { ...event, extra: { a: [1] } }, 'more']),
  JSON.stringify(['OK', event.id, true, '']),
  JSON.stringify(['OK', event.id, false, 'auth-required: \u202ewho are you\n?']),
  JSON.stringify(['EOSE', 'sub']),
  JSON.stringify(['CLOSED', 'sub', `error: ${'shutting down '.repeat(20)}`]),
  JSON.stringify(['NOTICE', 'slow \u0000 down']),
  JSON.stringify(['AUTH', 'a challenge']),
];

export const relayMessages: Stage = {
  count: 300_000,
  run: (first, count) => {
    const told = { understood: 0, genuine: 0 };
    forEachSeed(first, count, (seed) => {
      const draw = chance(seed);
      const text = (draw() < 0.5 ? mutatedText : mutatedJson)(draw, pick(draw, sources));
      const message = parseRelayMessage(text);
      if (message === null) return;
      told.understood++;
      must(isSound(message, JSON.parse(text)), `let through: ${text}`);
      if (message.type !== 'event' || !isGenuine(message.event, primitives)) return;
      told.genuine++;
      must(isDeepStrictEqual(message.event, event), `a forged event is genuine: ${text}`);
    });
    return `${count} messages: ${told.understood} understood, ${told.genuine} of them the genuine event`;
  },
};

function isSound(message: RelayMessage, sent: unknown): boolean {
  switch (message.type) {
    case 'event': {
      const { id, pubkey, created_at, kind, tags, content, sig } = message.event;
      const hex = /^[0-9a-f]+$/.test(id + pubkey + sig) && (id + pubkey + sig).length === 256;
      const raw: unknown = Array.isArray(sent) ? sent[2] : null;
      const fields = { id, pubkey, created_at, kind, tags, content, sig };
      const asSent = Object.entries(fields).every(([name, value]) => isDeepStrictEqual(fieldOf(raw, name), value));
      return hex && asSent && Object.isFrozen(message.event) && isSubscription(message.subscription);
    }
    case 'ok':
      return /^[0-9a-f]{64}$/.test(message.eventId) && isShowable(message.words);
    case 'eose':
      return isSubscription(message.subscription);
    case 'closed':
      return isSubscription(message.subscription) && isShowable(message.words);
    case 'notice':
      return isShowable(message.words);
    case 'auth':
      return message.challenge.length > 0 && message.challenge.length <= challengeMax;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isSubscription(text: string): boolean {
  return text.length > 0 && text.length <= subscriptionIdMax;
}

function isShowable(words: string): boolean {
  return words.length <= relayWordsMax + 1 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(words);
}
