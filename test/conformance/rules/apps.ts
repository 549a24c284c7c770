/** Chapters 16 to 19: requests that an app signed, freshness, pairing of apps, grants. */
import type { DeviceError, ErrorMessage, Reply } from '@sallyport/device-protocol';
import { type Event, getEventHash, verifyEvent } from 'nostr-tools/pure';
import { type App, began, type Envelope, leaveApp, newApp, pairedApp, wasShown } from '../apps.ts';
import { must, type Rule } from '../bench.ts';
import { nameOf, sameBytes, type Talk } from '../talk.ts';
import { bytesOf } from '../vectors.ts';
import { humanMs, whole } from './asking.ts';
import { mustRefuse } from './messages.ts';

const clients = 2;
const note = { kind: 1, created_at: 1_760_000_000, tags: [['t', 'x']], content: 'an app asks ✨' };
const template = (change: Record<string, unknown> = {}): string => JSON.stringify({ ...note, ...change });
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf8'));
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte));

/** A rule of an app that is paired for it, and taken out at its end, however that comes. */
function withApp(chapter: number, name: string, presses: number, check: (talk: Talk, app: App) => Promise<void>): Rule {
  return {
    chapter,
    name,
    presses,
    computer: 'paired',
    capability: clients,
    check: async (talk) => {
      const app = await pairedApp(talk);
      await check(talk, app);
      await leaveApp(talk, app);
    },
  };
}

/** The answer is a signature of exactly these fields. */
function mustSign(answer: Reply | ErrorMessage, fields: typeof note): void {
  must(answer.type === 'reply' && answer.command === 'nip46_request', `nip46_request: ${nameOf(answer)}`);
  const { result, id, sig, pubkey } = answer.body;
  must(result === 'signature' && id !== undefined && sig !== undefined && pubkey !== undefined, `a result ${result}`);
  const event: Event = { ...fields, id: hexOf(id), sig: hexOf(sig), pubkey: hexOf(pubkey) };
  must(event.id === getEventHash(event), 'the id is not that of the event that the app asked for');
  must(verifyEvent({ ...event }), 'the signature is not valid for this event');
}

/** Asks, and is refused so; nothing of it may have been shown. */
async function refused(talk: Talk, words: string, error: DeviceError, body: Envelope): Promise<void> {
  const id = talk.start('nip46_request', body);
  const answer = await talk.answerTo(id, words);
  mustRefuse(answer, error, words);
  must(!wasShown(talk, id), `${words}: it was put before the human first`);
  const told = error === 'unauthenticated' && answer.type === 'error' ? answer.detail : undefined;
  must(told === undefined, `${words}: the error says which check it was: ${told}`);
}

/** Wrong in one thing each; the first word of all of them is the same. */
function forged(app: App): readonly (readonly [string, Envelope])[] {
  const event = (change?: Parameters<App['event']>[2]): Event => app.event('sign_event', [template()], change);
  const told = (change: Partial<Envelope>): Envelope => app.carry(event(), change);
  const p = ['p', hexOf(app.remoteSigner)];
  const { content } = event();
  const cut = utf8(content.slice(0, -1));
  return [
    ['one bit of the signature', told({ sig: flipped(app.carry(event()).sig) })],
    ['the signature of another event', told({ sig: bytesOf(event().sig) })],
    ['another created_at', told({ createdAt: began + 999 })],
    ['a tag more', told({ tags: [p, ['t', 'x']] })],
    ['no p tag', app.carry(event({ tags: [['t', 'x']] }))],
    ['two p tags', app.carry(event({ tags: [p, p] }))],
    ['content that was cut', told({ input: whole(cut) })],
    ['a conversation key with one bit changed', told({ conversationKey: flipped(app.conversationKey) })],
    ['content that the app did not encrypt', app.carry(event({ content: 'A'.repeat(content.length) }))],
    ['what is no JSON', app.carry(event({ content: app.encrypt('hello') }))],
    ['no method', app.carry(event({ content: app.encrypt('{"id":"1","params":[]}') }))],
  ];
}

/** Requests that the app signed, and that are none. */
const wrongRequests: readonly (readonly [string, DeviceError, string, readonly unknown[]])[] = [
  ['an unknown method', 'unsupported', 'launch', []],
  ['a template that is no JSON', 'invalid_params', 'sign_event', ['hello']],
  ['kind 65536', 'invalid_params', 'sign_event', [template({ kind: 65536 })]],
  ['the pubkey of somebody else', 'invalid_params', 'sign_event', [template({ pubkey: '02'.repeat(32) })]],
  ['kind 14', 'forbidden_kind', 'sign_event', [template({ kind: 14 })]],
  ['kind 24133', 'forbidden_kind', 'sign_event', [template({ kind: 24133 })]],
];

export const appRules: readonly Rule[] = [
  withApp(16, 'what an app signed is shown, and signed as the app asked', 2, async (talk, app) => {
    const id = talk.start('nip46_request', app.carry(app.event('sign_event', [template()])));
    await talk.bench.press(id, 'approve', 'a note that an app signed its request for');
    must(wasShown(talk, id), 'nobody was asked');
    mustSign(await talk.answerTo(id, 'nip46_request', humanMs), note);
    const { created_at, ...lacking } = note;
    const event = app.event('sign_event', [JSON.stringify(lacking)]);
    const filled = talk.start('nip46_request', app.carry(event));
    await talk.bench.press(filled, 'approve', 'a note without a date');
    mustSign(await talk.answerTo(filled, 'nip46_request', humanMs), { ...note, created_at: event.created_at });
  }),
  withApp(16, 'a paired app is told its public key, and nobody is asked', 1, async (talk, app) => {
    const key = await talk.ask('get_public_key', { account: 0 });
    const id = talk.start('nip46_request', app.carry(app.event('get_public_key', [])));
    const answer = await talk.answerTo(id, 'get_public_key of an app');
    must(answer.type === 'reply' && answer.command === 'nip46_request', `get_public_key: ${nameOf(answer)}`);
    must(key.type === 'reply' && key.command === 'get_public_key', `get_public_key: ${nameOf(key)}`);
    const { result, pubkey } = answer.body;
    must(result === 'public_key' && pubkey !== undefined && sameBytes(pubkey, key.body.pubkey), 'another key');
    must(!wasShown(talk, id), 'the human was asked');
  }),
  withApp(
    16,
    'what an app did not sign just so is unauthenticated, says no more, and is not shown',
    1,
    async (talk, app) => {
      for (const [words, body] of forged(app)) await refused(talk, words, 'unauthenticated', body);
      const other = newApp();
      await refused(talk, 'an app that is not paired', 'unknown_client', other.carry(other.event('ping', [])));
      await refused(talk, 'account 15', 'unknown_account', app.carry(app.event('ping', []), { account: 15 }));
    },
  ),
  withApp(16, 'what an app signed and nobody can do is refused before it is shown', 1, async (talk, app) => {
    for (const [words, error, method, params] of wrongRequests)
      await refused(talk, words, error, app.carry(app.event(method, params)));
  }),
  withApp(17, 'an event is taken once, and none of before the pairing', 1, async (talk, app) => {
    const once = app.carry(app.event('get_public_key', []));
    const answer = await talk.ask('nip46_request', once);
    must(answer.type === 'reply', `the first: ${nameOf(answer)}`);
    await refused(talk, 'the same event again', 'replayed', once);
    const before = app.event('get_public_key', [], { created_at: began - 100 });
    await refused(talk, 'an event of before the pairing', 'replayed', app.carry(before));
    const denied = app.carry(app.event('sign_event', [template()]));
    const id = talk.start('nip46_request', denied);
    await talk.until('the request is shown', () => wasShown(talk, id));
    talk.cancel(id, 'nip46_request');
    mustRefuse(await talk.answerTo(id, 'a cancelled request'), 'cancelled', 'cancel');
    await refused(talk, 'an event that was shown and cancelled', 'replayed', denied);
  }),
  withApp(
    19,
    'a grant signs without a press what it is about and nothing else, until it is taken away',
    2,
    async (talk, app) => {
      const pair = { client: app.client, remoteSigner: app.remoteSigner };
      const proposed = talk.start('grants_propose', {
        ...pair,
        grants: [{ id: 0, verdict: 'allow', method: 'sign_event', kind: 1 }],
      });
      await talk.bench.press(proposed, 'approve', 'the grant: notes');
      const given = await talk.answerTo(proposed, 'grants_propose', humanMs);
      must(given.type === 'reply' && given.command === 'grants_propose', `grants_propose: ${nameOf(given)}`);
      must(given.body.given[0] === true, 'the grant was not given');
      const granted = talk.start('nip46_request', app.carry(app.event('sign_event', [template()])));
      mustSign(await talk.answerTo(granted, 'a granted request'), note);
      must(!wasShown(talk, granted), 'a granted request was shown');
      await asks(talk, app, 'another kind', template({ kind: 6 }));
      const list = await talk.ask('grants', { ...pair, from: 0 });
      must(list.type === 'reply' && list.command === 'grants', `grants: ${nameOf(list)}`);
      const [grant] = list.body.grants;
      must(list.body.total === 1 && grant?.kind === 1 && grant.id > 0, 'the grant is not in the list');
      const taken = await talk.ask('grant_revoke', { ...pair, grant: grant.id });
      must(taken.type === 'reply', `grant_revoke: ${nameOf(taken)}`);
      await asks(talk, app, 'a grant that was taken away', template());
    },
  ),
  {
    chapter: 18,
    name: 'a paired app is in the list, and a revoked one is unknown; pairing nobody announced is refused',
    presses: 1,
    computer: 'paired',
    capability: clients,
    check: async (talk) => {
      const app = await pairedApp(talk);
      must(await isListed(talk, app), 'the app that was just paired is not in the list');
      await leaveApp(talk, app);
      must(!(await isListed(talk, app)), 'the app that was revoked is in the list');
      await refused(talk, 'an app that was revoked', 'unknown_client', app.carry(app.event('get_public_key', [])));
      const body = { client: app.client, remoteSigner: app.remoteSigner, account: 0, name: 'x', perms: '' };
      const asked = { ...body, announced: false, createdAt: began };
      mustRefuse(await talk.ask('client_introduce', asked), 'not_announced', 'a pairing that nobody announced');
    },
  },
  withApp(
    16,
    'a large request is read as it was signed: what changed between two readings ends it',
    3,
    async (talk, app) => {
      const large = { ...note, kind: 30_023, content: 'A longer text of an app. '.repeat(600) };
      const honest = app.event('sign_event', [JSON.stringify(large)]);
      serve(talk, honest, false);
      const id = talk.start('nip46_request', app.carry(honest));
      await talk.bench.press(id, 'approve', 'a long text');
      mustSign(await talk.answerTo(id, 'a large request', humanMs), large);
      const changing = app.event('sign_event', [JSON.stringify(large)]);
      const read = serve(talk, changing, true);
      const next = talk.start('nip46_request', app.carry(changing));
      await talk.until('it is read', () => wasShown(talk, next) || isAnswered(talk, next), 20_000);
      if (!isAnswered(talk, next)) await talk.bench.press(next, 'approve', 'a long text, once more');
      const answer = await talk.answerTo(next, 'a request that changes', humanMs);
      // A device that holds all of it reads nothing twice: there is nothing that it could be lied to about.
      if (read.changed) mustRefuse(answer, 'stream_integrity', 'a chunk that changed between two readings');
      else mustSign(answer, large);
    },
  ),
];

/** Asks the human, who is not there; and takes it back. */
async function asks(talk: Talk, app: App, words: string, text: string): Promise<void> {
  const id = talk.start('nip46_request', app.carry(app.event('sign_event', [text])));
  await talk.until(`${words} is shown`, () => wasShown(talk, id) || isAnswered(talk, id));
  must(!isAnswered(talk, id), `${words}: answered without a press`);
  talk.cancel(id, 'nip46_request');
  mustRefuse(await talk.answerTo(id, words), 'cancelled', 'cancel');
}

function isAnswered(talk: Talk, id: number): boolean {
  return talk.heard.some((one) => (one.type === 'reply' || one.type === 'error') && one.id === id);
}

async function isListed(talk: Talk, app: App): Promise<boolean> {
  for (let from = 0; ; ) {
    const list = await talk.ask('clients', { from });
    must(list.type === 'reply' && list.command === 'clients', `clients: ${nameOf(list)}`);
    if (list.body.clients.some(({ client }) => sameBytes(client, app.client))) return true;
    from += list.body.clients.length;
    if (list.body.clients.length === 0 || from >= list.body.total) return false;
  }
}

/** Serves a content; what is read for the second time comes with one bit changed, if so told. */
function serve(talk: Talk, { content }: Event, lies: boolean): { readonly changed: boolean } {
  const bytes = utf8(content);
  const seen = new Set<number>();
  const read = { changed: false };
  talk.serve = (request) => {
    if (request.command !== 'chunk_get') return null;
    const { offset, length } = request.body;
    const again = seen.has(offset);
    seen.add(offset);
    const piece = bytes.slice(offset, offset + length);
    if (lies && again) {
      read.changed = true;
      piece[piece.length - 1] = (piece[piece.length - 1] ?? 0) ^ 1;
    }
    return { type: 'reply', id: request.id, command: 'chunk_get', body: { bytes: piece } };
  };
  return read;
}
