/** The handlers about how others find this signer: its announcement, and who has a name at its web address. */
import type { NameChange } from '../core/web/naming.ts';
import { parseRelayUrl } from '../relays/relay-url.ts';
import type { Handlers } from './handlers.ts';
import { no, noRelay, type Problem } from './problems.ts';
import type { Answer } from './routes.ts';
import type { HostView } from './view.ts';

type WebRoute = 'POST /v0/announce' | 'GET /v0/names' | 'POST /v0/names' | 'DELETE /v0/names/:name';

export function webHandlers(view: HostView): Pick<Handlers, WebRoute> {
  const names = (): Answer<'GET /v0/names'> => ({
    names: [...view.bridge().people.values()].map(({ name, pubkey, relays }) => ({
      name,
      pubkey,
      relays: [...relays],
    })),
  });
  const changed = (change: NameChange): Answer<'GET /v0/names'> | Problem => {
    const refusal = view.name(change);
    return refusal === null ? names() : no(409, refusal.code, refusal.words, refusal.advice);
  };

  return {
    'POST /v0/announce': async ({ body }, until) => {
      const urls = body.relays.map(parseRelayUrl).filter((url) => url !== null);
      if (urls.length < body.relays.length) return noRelay;
      const said = await view.announce(body.name, urls, until);
      if ('code' in said) return no(409, said.code, said.words, said.advice);
      const { event, relays } = said;
      return { event: { ...event, tags: event.tags.map((tag) => [...tag]) }, relays: [...relays] };
    },
    'GET /v0/names': names,
    'POST /v0/names': ({ body }) => {
      const relays = body.relays.map(parseRelayUrl).filter((url) => url !== null);
      if (relays.length < body.relays.length) return noRelay;
      return changed({ type: 'add', name: body.name, account: body.account, relays });
    },
    'DELETE /v0/names/:name': ({ params: { name } }) => changed({ type: 'remove', name }),
  };
}
