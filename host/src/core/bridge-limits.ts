/**
 * Every limit of the bridge, each beside its reason. The file refuses to load when two of them disagree, or when they disagree
 * with those of the relays (limits.ts) or of the device protocol.
 */
import { limits as device } from '@sallyport/device-protocol';
import { eventContentMax, sinceSlackS } from './limits.ts';

export const bridgeLimits = {
  /** Largest event content from a paired app, in characters: what relays deliver at most. */
  contentMax: eventContentMax,
  /** Largest event content from a stranger. All that one may usefully say is `connect`, and that is short. */
  strangerContentMax: 32 * 1024,
  /** Tags of a request event. One is needed; some clients add `expiration`, `client` and the like. */
  tagsMax: 32,
  /** Nesting of a request's JSON. A template inside `params` needs 5; the rest is room for unknown fields. */
  nestingMax: 16,
  /** Largest event to sign (NIP-01 serialization) and largest text to encrypt, in bytes: what a device streams. */
  textMax: device.streamMax,
  /** Largest text to decrypt: what the largest text becomes by NIP-44's padding and base64. */
  ciphertextMax: device.resultMax,
  /** Largest request id, in characters of JSON. Ids in the field have at most 64; it is echoed, so it must not be a lever. */
  idMax: 1024,
  /** How far `created_at` may be from our clock. Clocks are minutes off; beyond that a relay is replaying what it stored. */
  freshnessSeconds: 600,
  /** Event ids of paired apps that are remembered: 54 requests a second for the whole freshness window, about 4 MB. */
  seenChunk: 512,
  seenChunks: 64,
  /** Event ids of strangers: apart, so that a flood of them cannot push out what keeps an app's request from repeating. */
  strangerSeenChunk: 128,
  strangerSeenChunks: 4,
  /** One stranger: five events at once, then one each ten seconds. A pairing is one event, a clumsy one three. */
  strangerBurst: 5,
  strangerEachMs: 10_000,
  /**
   * All strangers together: keys are free, so the budget of one key stops nobody. An event costs about 3 ms (signature, key
   * agreement, decryption), so this is at most 6 % of one processor.
   */
  strangersBurst: 60,
  strangersEachMs: 50,
  /** Strangers whose budget is remembered; the least recent is forgotten first. */
  strangersMax: 256,
  /** Open requests per app and in all: a list of encrypted items arrives at once, and the rest of us must still get in. */
  openPerApp: 32,
  openMax: 128,
  /** A request ends when the device side said nothing for this long: two approvals of 60 s, one after the other. */
  requestMs: 120_000,
  /** Relays that are remembered per request, for the answer. More than any app uses. */
  relaysPerRequest: 8,
  /** Answers kept for repeats of the same request. Clients repeat within minutes (amethyst after 65 s). */
  endedMax: 256,
  endedBytesMax: 8 * 1024 * 1024,
  endedMs: 600_000,
  /** Paired apps: as many as the simulated device keeps. */
  appsMax: 1024,
  /** Unused one-time secrets: bunker lines that were shown and not pasted. The oldest becomes void. */
  liveSecretsMax: 64,
  /** Spent secrets that are remembered, so that an app which shows its own again is known, and another one is told why not. */
  spentSecretsMax: 4096,
  /** What an app says about itself: a name is one line, permissions are a list, a secret is a word. In characters. */
  nameMax: 64,
  urlMax: 256,
  permsMax: 1024,
  secretMax: 256,
  metadataMax: 16 * 1024,
  /** Conversation keys (one elliptic curve multiplication each) that are kept. */
  conversationsMax: 256,
} as const;

const l = bridgeLimits;
check(l.strangerContentMax <= l.contentMax, 'a stranger may not say more than an app');
check(l.metadataMax < l.strangerContentMax, 'a connect with metadata must fit what a stranger may say');
check(l.openPerApp <= l.openMax, 'one app cannot have more open requests than there are');
check(l.contentMax > 2 * l.ciphertextMax, 'the largest text must fit a request, in base64 twice');
check(l.endedBytesMax > 4 * l.textMax, 'the answer to the largest request must fit among the kept ones');
check(sinceSlackS >= l.freshnessSeconds, 'relays must be asked for everything that would still be taken');
check(l.endedMs >= l.requestMs, 'an answer must be kept for as long as a repeat of its request may come');
check(l.spentSecretsMax > l.appsMax, 'every paired app must be able to keep the secret that it paired with');

function check(holds: boolean, words: string): void {
  if (!holds) throw new Error(`bridge limits disagree: ${words}`);
}
