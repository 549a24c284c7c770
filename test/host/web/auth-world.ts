/** Strangers, a person with a browser, and a device: the pages of auth challenges around a bridge in memory. */
import type { Introduction } from '../../../host/src/core/apps/nostrconnect-uri.ts';
import type { Refusal } from '../../../host/src/core/nip46/refusal.ts';
import { webApp } from '../../../host/src/web/app.ts';
import { makeWorld, type TestApp } from '../bridge-world.ts';

export const url = 'https://signer.example';
export const notAnnounced = { code: 'not_announced', words: 'Nobody told the device.', advice: '' } as const;
export const denied = { code: 'denied', words: 'Denied on the device.', advice: '' } as const;

type State = { readonly state: string; readonly words: string; readonly returnTo: string | null };

/** A host where strangers may ask; of another run where a world is given. */
export function authWorld(world = makeWorld()) {
  world.setPairsApps(false);
  world.feed({ type: 'device', device: { life: 'ready', knowsApps: true } });
  world.feed({
    type: 'web',
    web: { url, logins: { account: 0, key: new Uint8Array(32).fill(7), emailKey: new Uint8Array(32) } },
  });
  const fault = (problem: unknown): never => {
    throw problem;
  };
  const introductions: Introduction[] = [];
  let answers: Refusal | null = null;
  let answered = Promise.withResolvers<void>();
  const introduce = async (introduction: Introduction): Promise<Refusal | null> => {
    introductions.push(introduction);
    await answered.promise;
    return answers;
  };
  const view = {
    introduce,
    url,
    origins: new Set([url]),
    hosts: new Set(['signer.example']),
    bridge: world.state,
    fault,
  };
  const app = webApp({ ...view, now: world.now, click: (token) => void world.feed({ type: 'clicked', token }) });

  const get = async (path: string, headers: Record<string, string> = {}) =>
    app.request(path, { headers: { host: 'signer.example', ...headers } });
  const post = async (path: string, headers: Record<string, string> = { origin: url }) =>
    app.request(path, { method: 'POST', headers: { host: 'signer.example', ...headers } });

  return {
    world,
    get,
    /** The apps of lines that the device was asked about, and its human's answer to the last. */
    introductions,
    answer: async (refusal: Refusal | null): Promise<void> => {
      answers = refusal;
      answered.resolve();
      answered = Promise.withResolvers();
      await new Promise((settle) => setImmediate(settle));
    },
    post,
    /** What the page of the last challenge says, as JSON. */
    state: async (path: string, query = ''): Promise<State> =>
      (await (await get(`${path}/state${query}`)).json()) as State,
    /** A stranger that asked, and the path of the page that it was told. */
    asked: (params: unknown = ['', '', 'sign_event:1', { name: 'Coracle', url: 'https://coracle.example' }]) => {
      const stranger = world.app();
      stranger.send('connect', params, { id: 'first' });
      return { stranger, path: pathTold(stranger) };
    },
  };
}

/** The path in an app's last answer. */
export function pathTold(app: TestApp): string {
  const { result, error } = app.last();
  if (result !== 'auth_url') throw new Error(`no auth_url but ${error}`);
  return new URL(String(error)).pathname;
}
