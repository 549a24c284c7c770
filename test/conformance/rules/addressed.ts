/** Chapter 21: requests addressed to the user pubkey, which the device opens and answers itself. */
import { createHash } from 'node:crypto';
import { type DeviceError, deviceErrors, type ReplyOf, type RequestOf } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { type Event, finalizeEvent, generateSecretKey, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { began, type EventFields, wasShown } from '../apps.ts';
import { must, type Rule } from '../bench.ts';
import { nameOf, sameBytes, type Talk } from '../talk.ts';
import { bytesOf } from '../vectors.ts';
import { humanMs, whole } from './asking.ts';
import { mustRefuse } from './messages.ts';

const addressed = 5;
const answerAt = began + 5_000;
const note = { kind: 1, created_at: 1_760_000_000, tags: [['t', 'x']], content: 'an old app asks ✨' };
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const hashOf = (secret: string): Uint8Array => Uint8Array.from(createHash('sha256').update(secret).digest());

type Body = RequestOf<'user_request'>;
type Said = { readonly id: unknown; readonly result: unknown; readonly error?: unknown };

/** An app that knows the user pubkey only. Its request ids are numbers. */
function userApp(user: string) {
  const secret = generateSecretKey();
  const client = getPublicKey(secret);
  const key = nip44.v2.utils.getConversationKey(secret, user);
  let second = began;
  const encrypt = (text: string): string => nip44.v2.encrypt(text, key);
  function event(method: string, params: readonly unknown[], change?: Partial<EventFields>): Event {
    second += 1;
    const content = encrypt(JSON.stringify({ id: second, method, params }));
    return finalizeEvent({ kind: 24133, created_at: second, tags: [['p', user]], content, ...change }, secret);
  }
  function carry(signed: Event, change?: Partial<Body>): Body {
    const { pubkey, created_at: createdAt, tags, sig, content } = signed;
    const input = whole(Uint8Array.from(Buffer.from(content, 'utf8')));
    const told = { account: 0, client: bytesOf(pubkey), createdAt, tags, sig: bytesOf(sig), input };
    return { ...told, answerAt, announced: false, secrets: [hashOf('once')], ...change };
  }
  /** What the device sealed: an event of the user, for this app, that nobody else can have made. */
  function open({ createdAt, id, sig, output }: ReplyOf<'user_request'>, words: string): Said {
    const content = Buffer.from(output.head).toString('utf8');
    const fields = { kind: 24133, created_at: createdAt, tags: [['p', client]], content };
    const sealed: Event = { ...fields, pubkey: user, id: hexOf(id), sig: hexOf(sig) };
    must(verifyEvent({ ...sealed }), `${words}: the answer is no event of the user pubkey`);
    must(createdAt === answerAt, `${words}: dated ${createdAt}, and the computer's clock says ${answerAt}`);
    return JSON.parse(nip44.v2.decrypt(content, key));
  }
  return { user, client: bytesOf(client), event, encrypt, carry, open };
}

type UserApp = ReturnType<typeof userApp>;

/** The app's answer to what it asked; `press`: what the human is told to press, if anything. */
async function answered(talk: Talk, app: UserApp, event: Event, press?: string): Promise<readonly [Said, Reply]> {
  const id = talk.start('user_request', app.carry(event));
  if (press !== undefined) await talk.bench.press(id, 'approve', press);
  const answer = await talk.answerTo(id, 'user_request', press === undefined ? undefined : humanMs);
  must(answer.type === 'reply' && answer.command === 'user_request', `user_request: ${nameOf(answer)}`);
  must(wasShown(talk, id) === (press !== undefined), press === undefined ? 'the human was asked' : 'nobody was asked');
  const said = app.open(answer.body, answer.body.about);
  must(said.id === event.created_at, `the answer is to ${said.id}, and the request was ${event.created_at}`);
  return [said, answer.body];
}

type Reply = ReplyOf<'user_request'>;

/** Nothing is sealed, nothing shown, and no more said than the error. */
async function refused(talk: Talk, words: string, error: DeviceError, body: Body): Promise<void> {
  const id = talk.start('user_request', body);
  const answer = await talk.answerTo(id, words);
  mustRefuse(answer, error, words);
  must(!wasShown(talk, id), `${words}: it was put before the human first`);
  must(answer.type !== 'error' || answer.detail === undefined, `${words}: the error says more`);
}

async function allow(talk: Talk, on: boolean): Promise<void> {
  const id = talk.start('account_address', { account: 0, addressed: on });
  if (on) await talk.bench.press(id, 'hold', 'that the key of the account answers by itself');
  const answer = await talk.answerTo(id, 'account_address', on ? humanMs : undefined);
  must(answer.type === 'reply', `account_address: ${nameOf(answer)}`);
}

/** A rule of an app at the key of account 0, which is closed again at its end. */
function withUser(name: string, presses: number, check: (talk: Talk, app: UserApp) => Promise<void>): Rule {
  return {
    chapter: 21,
    name,
    presses,
    computer: 'paired',
    capability: addressed,
    check: async (talk) => {
      const key = await talk.ask('get_public_key', { account: 0 });
      must(key.type === 'reply' && key.command === 'get_public_key', `get_public_key: ${nameOf(key)}`);
      const app = userApp(hexOf(key.body.pubkey));
      await allow(talk, false);
      await check(talk, app);
      await talk.ask('client_revoke', { client: app.client, remoteSigner: key.body.pubkey });
      await allow(talk, false);
    },
  };
}

const connect = (app: UserApp, secret = 'once'): Event => app.event('connect', [app.user, secret]);

export const addressedRules: readonly Rule[] = [
  withUser(
    'what an app asks the user pubkey is answered by the device, where the human allowed it',
    3,
    async (talk, app) => {
      await refused(talk, 'an account that is closed', 'wrong_state', app.carry(connect(app)));
      await allow(talk, true);
      const [paired, pairing] = await answered(talk, app, connect(app), 'the pairing of an app');
      must(paired.result === 'ack' && pairing.about === 'pair', `a pairing: ${paired.result}, ${pairing.about}`);
      const { secret } = pairing;
      must(secret !== undefined && sameBytes(secret, hashOf('once')), 'the reply does not say which secret it was');
      const [key] = await answered(talk, app, app.event('get_public_key', []));
      must(key.result === app.user, 'another public key');
      const asked = app.event('sign_event', [JSON.stringify(note)]);
      const [{ result }, signing] = await answered(talk, app, asked, 'a note that an app asks for');
      must(signing.kind === note.kind, `a note of kind ${signing.kind}`);
      const signed: Event = JSON.parse(String(result));
      must(verifyEvent({ ...signed }) && signed.pubkey === app.user, 'the signed event does not verify');
      const { kind, created_at, tags, content } = signed;
      must(JSON.stringify({ kind, created_at, tags, content }) === JSON.stringify(note), 'another event was signed');
      const [wrong, { error }] = await answered(talk, app, app.event('launch', []));
      const { words, code } = deviceErrors.unsupported;
      must(wrong.result === 'error' && wrong.error === words && error === code, `launch: ${wrong.result}, ${error}`);
      await allow(talk, false);
      await refused(talk, 'an account that was closed', 'wrong_state', app.carry(app.event('ping', [])));
    },
  ),
  withUser(
    'a stranger, a replay and what is no request to the user pubkey get nothing sealed',
    2,
    async (talk, app) => {
      await allow(talk, true);
      const stranger = userApp(app.user);
      await refused(talk, 'ping of a stranger', 'unknown_client', stranger.carry(stranger.event('ping', [])));
      await refused(talk, 'no line', 'unknown_client', stranger.carry(connect(stranger), { secrets: [] }));
      await refused(talk, 'a wrong secret', 'not_announced', stranger.carry(connect(stranger, 'guessed')));
      const first = connect(app);
      await answered(talk, app, first, 'the pairing of an app');
      const launch = app.event('launch', []);
      await answered(talk, app, launch);
      await refused(talk, 'a connect again', 'replayed', app.carry(first));
      await refused(talk, 'what was answered by an error', 'replayed', app.carry(launch));
      const foreign = nip44.v2.utils.getConversationKey(generateSecretKey(), app.user);
      const wrong: readonly (readonly [string, Partial<EventFields>])[] = [
        ['another p tag', { tags: [['p', hexOf(app.client)]] }],
        ['a letter from somebody else to the user', { content: nip44.v2.encrypt('a secret', foreign) }],
        ['a response', { content: app.encrypt('{"id":"1","result":"ack"}') }],
      ];
      for (const [words, change] of wrong)
        await refused(talk, words, 'unauthenticated', app.carry(app.event('ping', [], change)));
    },
  ),
];
