/** The handlers that wait for a human at the device. Whoever asked and is gone has nothing asked any more. */
import { cleanLine } from '../core/apps/client-metadata.ts';
import { parseNostrconnect } from '../core/apps/nostrconnect-uri.ts';
import { bridgeLimits as limits } from '../core/bridge/bridge-limits.ts';
import type { Refusal } from '../core/nip46/refusal.ts';
import { parseRelayUrl } from '../relays/relay-url.ts';
import type { Handlers } from './handlers.ts';
import { no, noApp, type Problem } from './problems.ts';
import type { RouteName, Routes } from './routes.ts';
import { appOf } from './said.ts';
import type { HostView } from './view.ts';

type HumanRoute = Exclude<
  { [N in RouteName]: Routes[N] extends { readonly human: true } ? N : never }[RouteName],
  'GET /v0/watch'
>;

export function humanHandlers(view: HostView): Pick<Handlers, HumanRoute> {
  return {
    'POST /v0/connect': async ({ body }, until) => {
      const introduction = parseNostrconnect(body.uri, parseRelayUrl);
      if ('code' in introduction) return refused(introduction);
      const name = cleanLine(body.name, limits.nameMax) || introduction.name;
      const refusal = await view.introduce({ ...introduction, name }, body.account, until);
      if (refusal !== null) return refused(refusal);
      const app = view.bridge().sessions.apps.get(introduction.client);
      return app === undefined ? noApp : appOf(app, view);
    },
  };
}

function refused({ code, words, advice }: Refusal): Problem {
  return no(409, code, words, advice);
}
