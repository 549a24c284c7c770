/**
 * The world of bridge-world.ts with an account that answers at its own key, and a device that knows apps there: it opens what they address to the
 * user key, and seals the answers, with nostr-tools.
 */
import * as nip04 from 'nostr-tools/nip04';
import * as nip44 from 'nostr-tools/nip44';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { hashSecret } from '../../host/src/core/apps/sessions.ts';
import type { Loaded } from '../../host/src/core/bridge/bridge.ts';
import type { DeviceAnswer, DeviceAsk, SealedAnswer } from '../../host/src/core/device/device-port.ts';
import { toRefusal } from '../../host/src/core/device/device-refusal.ts';
import type { RemoteSigner } from '../../host/src/core/nip46/envelope.ts';
import type { NostrEvent } from '../../host/src/core/nip46/event.ts';
import { conversationKey, finalizeEvent } from '../support/quick-nostr.ts';
import { makeWorld, nothing, type Sent, type TestApp, truth } from './bridge-world.ts';

export type UserRequest = DeviceAsk & { readonly method: 'user_request' };
/** What a device does otherwise than an honest one. */
export type Lie = Partial<SealedAnswer> & { readonly event?: Partial<NostrEvent>; readonly by?: Uint8Array };
export type UserKeyWorld = ReturnType<typeof userKeyWorld>;

/** `userKeyWorld` and who is paired on its device, after a restart of the host. */
type Before = { readonly loaded: Loaded; readonly signer: RemoteSigner; readonly paired: Set<string> };

const refused = (error: Parameters<typeof toRefusal>[0]): DeviceAnswer => ({
  type: 'refused',
  refusal: toRefusal(error),
});

export function userKeyWorld(secret: Uint8Array = generateSecretKey(), before?: Before) {
  const world = makeWorld(before?.loaded ?? nothing, before?.signer, secret);
  const user = getPublicKey(secret);
  const paired = before?.paired ?? new Set<string>();
  const addressed = (on: boolean): void => {
    const account = { account: 0, name: '', pubkey: user, ...(on ? { addressed: true as const } : {}) };
    world.feed({ type: 'accounts', device: 'd1'.repeat(32), accounts: [account] });
  };

  /** What an honest device makes of it, whose human says yes. */
  function honest(ask: DeviceAsk): DeviceAnswer {
    if (ask.method === 'client_revoke') paired.delete(`${ask.client} ${ask.remoteSigner}`);
    if (ask.method !== 'user_request') return truth(ask, secret);
    const { id, method, params } = opened(ask.carried.event, secret);
    const key = `${ask.carried.event.pubkey} ${user}`;
    const hash = method === 'connect' ? hashSecret(params[1] ?? '') : '';
    const shown = ask.secrets.includes(hash) ? hash : null;
    const isKnown = paired.has(key);
    if (!isKnown && method !== 'connect') return refused('unknown_client');
    if (!isKnown && shown === null) return refused('not_announced');
    if (method === 'logout') paired.delete(key);
    else if (method === 'connect') paired.add(key);
    const about = method === 'connect' && !isKnown ? 'pair' : aboutOf(method);
    return sealed(ask, secret, JSON.stringify({ id, result: resultOf(method, params, secret) }), {
      about,
      secret: shown,
      kind: method === 'sign_event' ? Number(JSON.parse(params[0] ?? '{}').kind) : null,
    });
  }

  world.feed({ type: 'device', device: { life: 'ready', knowsApps: true } });
  if (before === undefined) addressed(true);
  world.log.length = 0;

  return {
    ...world,
    user,
    paired,
    addressed,
    /** A line that names the user key. */
    newUserSecret: (words: string, account = 0) =>
      world.feed({ type: 'secret', hash: hashSecret(words), name: words, account, addressed: true }),
    /** Asks at the user key. */
    ask: (app: TestApp, method: string, params: readonly unknown[], sent: Sent = {}) =>
      app.send(method, params, { tags: [['p', user]], ...sent, to: user }),
    /** What the device is asked that only it can read. */
    requests: () => [...world.asks.values()].filter((ask): ask is UserRequest => ask.method === 'user_request'),
    /** The device answers its oldest question, honestly where nothing is said. */
    device: (answer: (ask: DeviceAsk) => DeviceAnswer = honest) => {
      const [first] = world.asks.values();
      if (first === undefined) throw new Error('the device was not asked');
      return world.press(answer(first));
    },
    honest,
    /** The next host, with what the store kept, and the same device. */
    restarted: () => userKeyWorld(secret, { loaded: world.kept(), signer: world.signer, paired }),
    published: () => world.log.flatMap((effect) => (effect.type === 'publish' ? [effect] : [])),
    /** A question and what a device makes of it that seals, and lies as it is told. */
    lying: (text: string, lie: Lie) => (ask: DeviceAsk) => {
      if (ask.method !== 'user_request') throw new Error('another question');
      return sealed(ask, secret, text, lie);
    },
  };
}

/** An app that paired at the user key. */
export function pairedAtUser(world: UserKeyWorld, app: TestApp = world.app()): TestApp {
  const words = `u${app.pubkey.slice(0, 16)}`;
  world.newUserSecret(words);
  world.ask(app, 'connect', [world.user, words]);
  world.device();
  if (app.last().result !== 'ack') throw new Error('the app could not pair');
  app.inbox.length = 0;
  world.log.length = 0;
  return app;
}

/** The event of an answer as the device makes it, in the encryption of what was asked. */
export function sealed({ carried, answerAt }: UserRequest, secret: Uint8Array, text: string, lie: Lie): DeviceAnswer {
  const { event: asked } = carried;
  const { event: other, by = secret, ...said } = lie;
  const content =
    said.content ??
    (asked.content.includes('?iv=')
      ? nip04.encrypt(secret, asked.pubkey, text)
      : nip44.v2.encrypt(text, conversationKey(secret, asked.pubkey)));
  const template = {
    kind: other?.kind ?? 24133,
    created_at: other?.created_at ?? Math.max(answerAt, asked.created_at),
    tags: (other?.tags ?? [['p', asked.pubkey]]).map((tag) => [...tag]),
    content: other?.content ?? content,
  };
  const { id, sig, created_at: createdAt } = finalizeEvent(template, by);
  const honest = {
    about: 'other',
    kind: null,
    refusal: null,
    secret: null,
    name: '',
    createdAt,
    id,
    sig,
    content,
  } as const;
  return { type: 'sealed', ...honest, ...said };
}

function opened(
  { content, pubkey }: NostrEvent,
  secret: Uint8Array,
): { id: unknown; method: string; params: string[] } {
  const text = content.includes('?iv=')
    ? nip04.decrypt(secret, pubkey, content)
    : nip44.v2.decrypt(content, conversationKey(secret, pubkey));
  return JSON.parse(text);
}

function aboutOf(method: string): SealedAnswer['about'] {
  switch (method) {
    case 'connect':
    case 'logout':
    case 'ping':
    case 'get_public_key':
    case 'sign_event':
      return method;
    default:
      return 'other';
  }
}

function resultOf(method: string, [first = '{}']: readonly string[], secret: Uint8Array): string {
  if (method === 'ping') return 'pong';
  if (method === 'get_public_key') return getPublicKey(secret);
  return method === 'sign_event' ? JSON.stringify(finalizeEvent(JSON.parse(first), secret)) : 'ack';
}
