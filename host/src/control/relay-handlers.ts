/** The handlers about relays: how they are, and which are everybody's. */
import type { RelayChange } from '../core/apps/own-relays.ts';
import { parseRelayUrl } from '../relays/relay-url.ts';
import type { Handlers } from './handlers.ts';
import { no, noRelay, type Problem } from './problems.ts';
import type { Answer } from './routes.ts';
import { relaysOf } from './said.ts';
import type { HostView } from './view.ts';

type RelayRoute = 'GET /v0/relays' | 'POST /v0/relays' | 'DELETE /v0/relays';

export function relayHandlers(view: HostView): Pick<Handlers, RelayRoute> {
  const now = (): Answer<'GET /v0/relays'> => ({ relays: relaysOf(view) });
  const after = (text: string, changeOf: (url: string) => RelayChange): Answer<'GET /v0/relays'> | Problem => {
    const url = parseRelayUrl(text);
    if (url === null) return noRelay;
    const refusal = view.changeRelays(changeOf(url));
    return refusal === null ? now() : no(409, refusal.code, refusal.words, refusal.advice);
  };

  return {
    'GET /v0/relays': now,
    'POST /v0/relays': ({ body }) => after(body.url, (url) => ({ type: 'add', url })),
    'DELETE /v0/relays': ({ query }) =>
      after(query.url, (url) => ({ type: 'remove', url, atOnce: query.atOnce === 'yes' })),
  };
}
