/** The control API around a bridge in memory: what the host would do with its answers, without a socket. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSecretKey } from 'nostr-tools/pure';
import { controlApp } from '../../../host/src/control/app.ts';
import { type Access, hasSchema, type Route, type RouteName, routes } from '../../../host/src/control/routes.ts';
import type { HostView } from '../../../host/src/control/view.ts';
import { whyNotIntroduced } from '../../../host/src/core/apps/introducing.ts';
import { hashSecret } from '../../../host/src/core/apps/sessions.ts';
import type { DeviceAsk } from '../../../host/src/core/device/device-port.ts';
import type { PairingNews } from '../../../host/src/core/device/device-session.ts';
import { change } from '../../../host/src/core/narrowing/narrowing.ts';
import { remoteSigner } from '../../../host/src/core/nip46/envelope.ts';
import { snapshot, startRelay } from '../../../host/src/core/relay/relay.ts';
import { announcement } from '../../../host/src/core/web/announcement.ts';
import { named } from '../../../host/src/core/web/naming.ts';
import { startMetrics } from '../../../host/src/metrics.ts';
import { keepOwnRelays } from '../../../host/src/own-relays.ts';
import { primitives } from '../../../host/src/primitives/primitives.ts';
import type { Report } from '../../../host/src/report.ts';
import { openActivityLog } from '../../../host/src/store/activity-log.ts';
import { finalizeEvent } from '../../support/quick-nostr.ts';
import { makeWorld, nothing, truth } from '../bridge-world.ts';

export type ControlWorld = ReturnType<typeof controlWorld>;

export function controlWorld(
  { onTestFinished }: { onTestFinished: (end: () => void) => unknown },
  access: readonly Access[] = ['read', 'write', 'socket'],
) {
  const signerSecret = generateSecretKey();
  const world = makeWorld(nothing, remoteSigner(signerSecret, primitives));
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-control-'));
  const activity = openActivityLog(join(dir, 'state'));
  if (activity.type === 'refused') throw new Error(activity.words);
  onTestFinished(() => {
    activity.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const listeners = new Set<(report: Report | null) => void>();
  const metrics = startMetrics();
  let lines = 0;
  const asked: DeviceAsk[] = [];
  const paired: { news: PairingNews | null; answers: boolean[] } = { news: null, answers: [] };
  const userSecret = generateSecretKey();
  const settings = new Map<string, string>();
  const store = {
    setting: (name: string) => settings.get(name) ?? null,
    saveSetting: (name: string, text: string) => void settings.set(name, text),
  };
  const changeRelays = keepOwnRelays([], store, world.feed, () => undefined);
  const view: HostView = {
    version: '0',
    startedAt: world.now(),
    now: world.now,
    bridge: world.state,
    relays: () => world.state().ownRelays.all.map((url) => snapshot(startRelay({ url, pubkeys: [] }))),
    changeRelays,
    device: () => ({ status: { state: 'absent' }, port: 'There is no port.', simulatorPage: null }),
    activity,
    store,
    pin: () => 'de'.repeat(32),
    computer: 'c0'.repeat(32),
    backup: async (passphrase) => Buffer.from(`sealed by ${passphrase.length} letters`),
    narrow: (what) => {
      const narrowing = change(world.state().narrowing, what, world.now());
      if (narrowing !== null) world.feed({ type: 'narrow', narrowing });
      return narrowing;
    },
    announce: async (name) => {
      const template = announcement(world.state(), name, world.now());
      if ('code' in template) return template;
      const tags = template.tags.map((tag) => [...tag]);
      const event = finalizeEvent({ ...template, tags }, signerSecret);
      return { event, relays: [{ url: 'wss://one.example', taken: true, words: '' }] };
    },
    name: (change) => {
      const people = named(world.state(), change);
      if ('code' in people) return people;
      world.feed({ type: 'people', people });
      return null;
    },
    reject: (job) => void world.feed({ type: 'reject', job }),
    pairing: () => paired.news,
    pair: () => undefined,
    answerPairing: (same) => void paired.answers.push(same),
    revoke: (client) => void world.feed({ type: 'unpair', client }),
    newLine: (wanted) => {
      const secret = `line${++lines}`;
      const hash = hashSecret(secret);
      world.feed({ type: 'secret', hash, ...wanted });
      return { uri: `bunker://${world.signer.pubkey}?secret=${secret}`, oldToken: `npub1x#${secret}`, hash };
    },
    introduce: async (introduction, account) => {
      const why = whyNotIntroduced(world.state(), introduction, '', world.now());
      if (why === null) world.feed({ type: 'introduced', introduction, account, line: '', onDevice: true });
      return why;
    },
    askDevice: async (ask) => {
      asked.push(ask);
      return truth(ask, userSecret);
    },
    dropLine: (hash) => void world.feed({ type: 'void_secret', hash }),
    dashboard: () => 'open',
    newDashboardAddress: () => 'http://127.0.0.1:24133/#code=once',
    metrics: () => metrics.text(view),
    fault: (problem) => {
      throw problem;
    },
    changed: () => {
      for (const listener of listeners) listener(null);
    },
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const app = controlApp(view, new Set(access));

  /** Asks as the client does, and holds the answer to the table. */
  async function ask(name: RouteName, path: string, body?: unknown): Promise<{ status: number; said: unknown }> {
    const [method = ''] = name.split(' ');
    const headers = { host: 'sallyport', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await app.request(path, sent);
    const text = await response.text();
    const { answer }: Route = routes[name];
    if (response.status !== 200 || !hasSchema(answer)) {
      return { status: response.status, said: response.status === 200 ? text : JSON.parse(text) };
    }
    return { status: 200, said: answer.parse(JSON.parse(text)) };
  }

  return { world, view, app, ask, asked, paired, activity, listeners };
}
