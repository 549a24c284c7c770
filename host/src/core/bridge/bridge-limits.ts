/**
 * Every limit of the bridge, each beside its reason. The file refuses to load when two of them disagree, or when they disagree
 * with the host's others (core/nip46/limits.ts) or those of the device protocol.
 */
import { limits as device } from '@sallyport/device-protocol';
import { eventContentMax, outboxCountMax, sinceSlackS } from '../nip46/limits.ts';

export const bridgeLimits = {
  /** Largest event content from a paired app, in characters: what relays deliver at most. */
  contentMax: eventContentMax,
  /** Largest event content from a stranger. All that one may usefully say is `connect`, and that is short. */
  strangerContentMax: 32 * 1024,
  /**
   * Tags of a request event. One is needed; some clients add `expiration`, `client` and the like. Characters of their JSON: they
   * are hashed before anything is known of the event. An app with more tags is told so, one with more characters is not heard.
   */
  tagsMax: 32,
  tagCharsMax: 64 * 1024,
  strangerTagCharsMax: 4 * 1024,
  /**
   * What a request's JSON may be made of. A template inside `params` needs a nesting of 5; the rest is room for unknown fields. The
   * longest list of follows that fits an event is made of 66,000 values; as many as may be here take some tenths of a second at worst.
   */
  json: { nestingMax: 16, valuesMax: 100_000 },
  /** Largest event to sign (NIP-01 serialization) and largest text to encrypt, in bytes: what a device streams. */
  textMax: device.streamMax,
  /** Largest text to decrypt: what the largest text becomes by NIP-44's padding and base64. */
  ciphertextMax: device.resultMax,
  /** Largest request id, in characters of JSON. Ids in the field have at most 64; it is echoed, so it must not be a lever. */
  idMax: 1024,
  /** Longest one, as JSON, that a device is asked to read: 128 bytes there, quotes and escapes aside (PROTOCOL.md, chapter 16). */
  deviceIdMax: 100,
  /** How far `created_at` may be from our clock. Clocks are minutes off; beyond that a relay is replaying what it stored. */
  freshnessSeconds: 600,
  /** How far it may be for an app to be told so. What is a day off does not come from a wrong clock but from a relay's archive. */
  staleToldSeconds: 86_400,
  /**
   * Event ids that are remembered for each paired app: all that its budget lets through while they are fresh, so that nothing of
   * its own is forgotten too soon. Of all apps together about 30 MB; whoever has most of them forgets first.
   */
  seenChunk: 512,
  seenChunks: 128,
  seenMax: 262_144,
  /** Event ids of strangers, all that their budget lets through, and apart: no flood may push out an app's. */
  strangerSeenChunks: 64,
  /**
   * One paired app: a thousand events at once, then fifty a second. Large ones count as several. An event costs about 5 ms
   * (signature, decryption, answer), a character about as much as its share of a unit.
   */
  appWork: { burst: 1_000, eachMs: 20 },
  unitChars: 64 * 1024,
  /** Errors that one app is told for what came over its budget, from a wrong clock, or in a wrong envelope. */
  appTold: { burst: 60, eachMs: 1_000 },
  /** One stranger: five events at once, then one each ten seconds. A pairing is one event, a clumsy one three. */
  stranger: { burst: 5, eachMs: 10_000 },
  /**
   * All strangers together: keys are free, so the budget of one key stops nobody. An event costs about 3 ms (signature, key
   * agreement, decryption), so this is at most 6 % of one processor.
   */
  strangers: { burst: 60, eachMs: 50 },
  /**
   * Of strangers who ask at a user key, while a line waits for one: the device reads each, which takes it a key agreement and a signature. One at a
   * time, so this is what a flood may keep it busy with.
   */
  unread: { burst: 10, eachMs: 2_000 },
  /** Strangers whose budget is remembered; the least recent is forgotten first. */
  strangersMax: 256,
  /**
   * Open requests per app and in all, by count and by the characters that they came in: a list of 500 encrypted items arrives at
   * once and waits its turn, and the rest of us must still get in. What bounds the memory is the characters, not the count.
   */
  openPerApp: 512,
  openMax: 1_024,
  openCharsPerApp: 8 * 1024 * 1024,
  openCharsMax: 16 * 1024 * 1024,
  /** A request ends when no human pressed for this long since it was sent to the device: two approvals of 60 s. */
  requestMs: 120_000,
  /** While somebody works through the others, one waits this long for its turn: a hundred at six seconds each. */
  queueMs: 600_000,
  /** And this long in all, once its turn came. */
  lifeMs: 840_000,
  /** Relays that are remembered per request, for the answer. More than any app uses. */
  relaysPerRequest: 8,
  /**
   * Requests that ended are remembered for repeats: clients repeat within minutes (amethyst after 65 s). What is too much to keep
   * is forgotten by whoever has most of it: first the texts of answers, then that there was a request.
   */
  endedPerApp: 2_048,
  endedMax: 16_384,
  endedBytesMax: 8 * 1024 * 1024,
  endedMs: 600_000,
  /** Paired apps: as many as the simulated device keeps. */
  appsMax: 1024,
  /**
   * Remote-signer keys of lines, beside the main one: as many as a relay is asked for in one filter, which is 17 kB with all of them.
   * Relays take messages of 64 kB and more, and each key is one AUTH where a relay wants to know who listens.
   */
  lineKeysMax: 256,
  /** Unused one-time secrets: bunker lines that were shown and not pasted. The oldest becomes void. */
  liveSecretsMax: 64,
  /** A line that nobody pasted for a day lies around in a scrollback or a screenshot. */
  secretLifeMs: 86_400_000,
  /** Spent secrets that are remembered, so that an app which shows its own again is known, and another one is told why not. */
  spentSecretsMax: 4096,
  /** What an app says about itself: a name is one line, permissions are a list, a secret is a word. In characters. */
  nameMax: 64,
  urlMax: 256,
  permsMax: 1024,
  secretMax: 256,
  metadataMax: 16 * 1024,
  /** A whole `nostrconnect://` line: what fits a QR code, and as much again for apps that only copy it. */
  nostrconnectMax: 8 * 1024,
  /** Conversation keys (one elliptic curve multiplication each) that are kept. */
  conversationsMax: 256,
} as const;

const l = bridgeLimits;
check(l.strangerContentMax <= l.contentMax, 'a stranger may not say more than an app');
check(l.metadataMax < l.strangerContentMax, 'a connect with metadata must fit what a stranger may say');
check(l.openMax <= outboxCountMax, 'all that is open may be answered at once, when the host ends');
check(2 * l.openPerApp <= l.openMax, 'one app cannot take the places of all others');
check(2 * l.openCharsPerApp <= l.openCharsMax, 'one app cannot take the room of all others');
check(l.contentMax <= l.openCharsPerApp, 'the largest request must find room');
check(1 + l.contentMax / l.unitChars <= l.appWork.burst, 'the largest request must fit the budget of an app');
check(l.queueMs + l.requestMs <= l.lifeMs, 'whatever is sent must find its time');
check(
  idsWhileFresh(l.appWork) + idsWhileFresh(l.appTold) <= l.seenChunk * (l.seenChunks - 1),
  'what an app may say while it is fresh must be remembered',
);
check(
  idsWhileFresh(l.strangers) <= l.seenChunk * (l.strangerSeenChunks - 1),
  'what strangers may say while it is fresh must be remembered',
);
check(l.contentMax > 2 * l.ciphertextMax, 'the largest text must fit a request, in base64 twice');
check(l.endedBytesMax > 4 * l.textMax, 'the answer to the largest request must fit among the kept ones');
check(sinceSlackS >= l.freshnessSeconds, 'relays must be asked for everything that would still be taken');
check(l.endedMs >= l.requestMs, 'an answer must be kept for as long as a repeat of its request may come');
check(l.liveSecretsMax < l.lineKeysMax, 'lines that nobody uses must leave keys for apps');
check(l.spentSecretsMax > l.appsMax, 'every paired app must be able to keep the secret that it paired with');

/** Fresh is what is as much too early or too late. */
function idsWhileFresh({ burst, eachMs }: { readonly burst: number; readonly eachMs: number }): number {
  return burst + (2 * l.freshnessSeconds * 1000) / eachMs;
}

function check(holds: boolean, words: string): void {
  if (!holds) throw new Error(`bridge limits disagree: ${words}`);
}
