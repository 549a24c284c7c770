/**
 * What is known of clients and relays on the wire, row by row, and the tests that hold the signer to it. A row without a test, or
 * with one that is gone, fails.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** A file under `test/`, and words with which the name of a test, or of a row of its table, begins. */
type Held = readonly [file: string, ...names: readonly [string, ...string[]]];
/** What the wire asks of us, and where it is tested: at least once. */
type Row = readonly [row: string, ...by: readonly [Held, ...Held[]]];

const profile = 'stories/wire-profile.test.ts';
const habits = 'stories/wire-habits.test.ts';
const interop = 'interop/interop.test.ts';
const whole = 'stories/whole.test.ts';
const trouble = 'stories/whole-trouble.test.ts';

const answers: readonly Row[] = [
  [
    'connect: "ack" through bunker, the secret through nostrconnect',
    [profile, 'connect names %s first'],
    [habits, 'the first thing that an app hears'],
  ],
  ['success: result, and no error key at all', [profile, 'success has no error key']],
  ['failure: result "error", the reason in error', [profile, 'failure is result "error" and the reason']],
  ['never an empty answer, but for an empty text', [profile, 'an empty text that was decrypted']],
  [
    'switch_relays: the string "null", or an array in a string',
    [profile, 'switch_relays is the string null'],
    ['host/introducing.test.ts', 'are those of the signer once the app has come there'],
  ],
  ['ids: as received', [profile, 'a numeric id is echoed', 'a 64-bit id', 'an empty id', 'no id, no id']],
  ['requests are told apart by client, id, method and params', [profile, 'ids of NDK collide']],
  ['disconnect is acknowledged', [profile, 'disconnect (snort, snstr)']],
  ['an unknown method is an error at once', [profile, 'an unknown method']],
  [
    'in the encryption of the request',
    [whole, 'My app speaks %s, and is answered in it'],
    [interop, 'whatever an app asks: %s'],
  ],
  ['created_at: not before the request', [profile, 'created_at is never before'], [habits, 'an app that hears only']],
  [
    'auth_url: only where it is wanted, and once for a request',
    [habits, 'nobody is sent to a page who did not ask'],
    ['host/web/auth.test.ts', 'there is one address for a request'],
  ],
  [
    'bunker lines as every library reads them',
    ['host/envelope.test.ts', 'is read by nostr-tools', 'is one exact line'],
  ],
];

const requests: readonly Row[] = [
  [
    'NDK: "ack" alone, user pubkey or "" first, short ids that collide, keeps the signature alone, switch_relays after connect',
    [profile, 'the user pubkey (NDK)', 'nothing (NDK)', 'so is a fraction (NDK', 'ids of NDK collide'],
    [interop, 'whatever an app asks: %s'],
    ['stories/real/ndk.test.ts', 'has signed: %s'],
  ],
  ['NDK: ?pubkey= in bunker lines, which ours have not', ['host/envelope.test.ts', 'is one exact line']],
  [
    'nostr-tools: limit 0 and no since, the secret as result, verifies what was signed, sorted relays, no second auth_url',
    [interop, 'whatever an app asks: %s'],
    [habits, 'nobody is sent to a page'],
    ['stories/real/bunker-signer.test.ts', 'asks who signs, and pings'],
  ],
  [
    'applesauce: connect with a spent secret on every session; texts that look like JSON',
    [profile, 'a known key is acknowledged again', 'the word remote (applesauce)'],
    [habits, 'an app that cannot be told from a list'],
    [interop, 'whatever an app asks: %s'],
  ],
  ['welshman: the first answer to its line; arrays of relays', [habits, 'the first thing that an app hears']],
  ['rust-nostr: "ack", and "pong" to ping', [profile, 'success has no error key', 'connect names %s first']],
  ['go-nostr, nak: since now, limit 0', [habits, 'an app that hears only what is newer']],
  [
    'nostrify: throws on any error, auth_url included',
    [interop, 'whatever an app asks: %s'],
    [habits, 'nobody is sent to a page'],
  ],
  ['amethyst: the same request after 65 s', [whole, 'My app asks again after 65 s']],
  [
    'Nostrum: the event as an object; what a template lacks; id and sig sent along',
    [profile, 'an object (Nostrum)', 'with id and sig', 'without tags', 'without created_at', 'with an empty pubkey'],
  ],
  [
    'numeric ids, unknown fields, null or missing params, error "" or null in what they send',
    [profile, 'a numeric id', 'unknown fields, error: ""', 'error: null', 'missing params', 'null params'],
  ],
  [
    'older ones: NIP-04, npub lines, the client key first, get_relays, describe',
    [profile, 'the client key (older ones)', 'get_relays tells the relays', 'describe'],
    ['host/envelope.test.ts', 'is one exact line', 'NIP-04 is read off the content'],
  ],
  [
    'early 2024: the user key itself is asked, in NIP-04 or NIP-44, and answers',
    ['stories/user-key.test.ts', 'An app of early 2024 gets a line with my own key'],
    ['host/to-user.test.ts', 'pairs the first that shows its secret'],
    ['hostile/user-key.test.ts', 'is replayed %s: nobody is asked, and nobody is answered'],
    [interop, 'at the user key itself'],
  ],
  ['a new connect with a new secret at each login', [profile, 'a known key is acknowledged again']],
  [
    'nostrconnect lines: flat or metadata, icon for image, perms inside or outside, several relays',
    ['host/introducing.test.ts', 'in the form of NIP-46 today', 'with metadata, permissions within it'],
  ],
  ['a pubkey that is not the user’s is an error', [profile, 'a foreign pubkey', 'with the own pubkey']],
  ['kinds 14 and 15 are never signed', [profile, 'kind 14', 'kind 15']],
  ['names of clients are hints', ['hostile/client.test.ts', '%s stay within the lines of the name']],
];

const probe = 'host/relay-probe.test.ts';
const publish = 'host/relay-publish.test.ts';
const relays: readonly Row[] = [
  [
    'ephemeral, and replayed nevertheless: freshness, kept ids, slack in since',
    ['hostile/relay.test.ts', 'is kept from the host and delivered a day later'],
    ['host/bridge-once.test.ts', 'what was seen before a restart is not asked again'],
    ['host/relay.test.ts', 'opens at the first tick, subscribes with slack'],
  ],
  [
    'refusals, rates and sizes differ, and are said per relay',
    [probe, 'gets what it refused again', 'is refused: that is said'],
    [publish, 'refuses an event that no relay message can hold'],
    ['host/cli/show.test.ts', 'a relay that is not there yet, one that serves'],
  ],
  [
    'sockets die without a word: pings, an event to oneself, suspend and resume',
    ['host/relay.test.ts', 'is pinged when silent'],
    [probe, 'is sent once the relay listens', 'finds its sockets dead within seconds'],
  ],
  ['identical events are dropped: a retry is encrypted and signed anew', [habits, 'a repeat says another event']],
  [
    'the answer on the relay that delivered and on the others; one memory of what was seen over all',
    [whole, 'Two relays bring the same request'],
  ],
  [
    'NIP-42 at connect, after REQ or after EVENT',
    [publish, 'happens at connect when the relay challenges', 'happens after CLOSED', 'happens after OK false'],
    [trouble, 'My relay demands authentication', 'At a key of its own an app pairs and signs'],
  ],
  [
    'two signers with one key race: a key for each host, and where it is wanted for each app',
    [habits, 'each host has a remote-signer key of its own'],
    ['host/line-keys.test.ts', 'is the same after a restart and on a restored host'],
  ],
];

const complaints: readonly Row[] = [
  ['silence', [trouble, 'The cable was never plugged in'], [whole, 'I am not there, and the app hears']],
  ['subscriptions that died silently', ['hostile/relay.test.ts', 'a relay answers pings and delivers nothing']],
  ['ambiguous handshakes', [profile, 'a known key is acknowledged again', 'a stranger is told what to do']],
  ['floods of decrypt requests', ['stories/apps.test.ts', 'a burst of decryptions is one question']],
  ['one relay as the point of failure', [trouble, 'One of two relays is down']],
  ['one-time secrets, and logging in again', [whole, 'I use the line a second time in another app']],
  ['prompt fatigue', ['stories/apps.test.ts', 'I pair Coracle, allow notes for an hour']],
  ['nameless clients', ['host/bridge.test.ts', 'a nameless app is labelled by its key']],
  ['not seeing what is signed', [whole, 'I sign %s, and it is what I was shown']],
  ['large events', ['stories/device.test.ts', '200 KB cross in chunks']],
  ['clients that give up before a human presses', [whole, 'My app asks again before I decided']],
  ['no NIP-42', [trouble, 'My relay demands authentication']],
  [
    'boards that reset when the port opens',
    ['host/serial-wire.test.ts', 'sets both control lines in one call, or none'],
  ],
];

const rows = [answers, requests, relays, complaints].flat();

test.each(rows)('%s', (_row, ...by) => {
  for (const [file, ...names] of by) {
    const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    // As the name of a test, or of a row of its table: both begin with a quote.
    const found = names.filter((name) => ["'", '`'].some((quote) => source.includes(quote + name)));
    expect(found, file).toEqual(names);
  }
});
