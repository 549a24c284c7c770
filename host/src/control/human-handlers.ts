/** The handlers that wait for a human at the device. Whoever asked and is gone has nothing asked any more. */
import { limits as protocol } from '@sallyport/device-protocol';
import { cleanLine } from '../core/apps/client-metadata.ts';
import { parseNostrconnect } from '../core/apps/nostrconnect-uri.ts';
import { bridgeLimits as limits } from '../core/bridge/bridge-limits.ts';
import type { DeviceAnswer, DeviceAsk, DeviceGrant } from '../core/device/device-port.ts';
import { fillTemplate, parseTemplate, signedEvent } from '../core/nip46/event-template.ts';
import type { Refusal } from '../core/nip46/refusal.ts';
import { missingAccount } from '../core/web/naming.ts';
import { parseRelayUrl } from '../relays/relay-url.ts';
import type { Handlers } from './handlers.ts';
import { no, noApp, type Problem } from './problems.ts';
import type { RouteName, Routes } from './routes.ts';
import { appOf } from './said.ts';
import type { HostView } from './view.ts';

type HumanRoute = Exclude<
  { [N in RouteName]: Routes[N] extends { readonly human: true } ? N : never }[RouteName],
  'GET /v0/accounts'
>;

const done = { done: true } as const;
/** What the screen calls the program that asks in this computer's own name. */
const ownLabel = 'sallyport sign';

export function humanHandlers(view: HostView): Pick<Handlers, HumanRoute> {
  const { bridge, askDevice } = view;
  const keysOf = (client: string) => {
    const app = bridge().sessions.apps.get(client);
    // Apps of the first versions were paired without it: there was one key then as now.
    return app === undefined ? null : { client, remoteSigner: app.remoteSigner || bridge().signer.pubkey };
  };
  const doneBy = async (ask: DeviceAsk, until: AbortSignal) => {
    const said = await askDevice(ask, until);
    return said.type === 'done' ? done : problemOf(said);
  };

  return {
    'POST /v0/accounts/:number/user-key': ({ params, body }, until) =>
      doneBy({ method: 'account_address', account: params.number, addressed: body.on }, until),
    'GET /v0/apps/:client/grants': async ({ params }, until) => {
      const keys = keysOf(params.client);
      if (keys === null) return noApp;
      const grants: DeviceGrant[] = [];
      for (;;) {
        const said = await askDevice({ method: 'grants', ...keys, from: grants.length }, until);
        if (said.type !== 'grants') return problemOf(said);
        grants.push(...said.grants);
        // A device that counts on and on is not asked on and on.
        const most = Math.min(said.total, protocol.grantsMax);
        if (said.grants.length === 0 || grants.length >= most) return { grants };
      }
    },
    'POST /v0/apps/:client/grants': async ({ params, body }, until) => {
      const keys = keysOf(params.client);
      if (keys === null) return noApp;
      const said = await askDevice({ method: 'grants_propose', ...keys, grants: body.grants }, until);
      return said.type === 'given' ? { given: [...said.given] } : problemOf(said);
    },
    'DELETE /v0/apps/:client/grants/:number': async ({ params }, until) => {
      const keys = keysOf(params.client);
      return keys === null ? noApp : doneBy({ method: 'grant_revoke', ...keys, grant: params.number }, until);
    },
    'POST /v0/connect': async ({ body }, until) => {
      const introduction = parseNostrconnect(body.uri, parseRelayUrl);
      if ('code' in introduction) return refused(introduction);
      const missing = missingAccount(bridge(), body.account);
      if (missing !== null) return refused(missing);
      const name = cleanLine(body.name, limits.nameMax) || introduction.name;
      const refusal = await view.introduce({ ...introduction, name }, body.account, until, body.ownKey);
      if (refusal !== null) return refused(refusal);
      const app = bridge().sessions.apps.get(introduction.client);
      return app === undefined ? noApp : appOf(app, view);
    },
    // A locked device would be asked for its PIN in order to be locked.
    'POST /v0/device/lock': async (_, until) => {
      if (bridge().device?.life === 'locked') return done;
      const said = await askDevice({ method: 'lock' }, until);
      if (said.type === 'done') return done;
      return said.type === 'refused' && said.refusal.code === 'wrong_state' ? noPin : problemOf(said);
    },
    // Whatever needs an open device has it ask for its PIN.
    'POST /v0/device/unlock': async (_, until) => {
      const said = await askDevice({ method: 'accounts' }, until);
      return said.type === 'accounts' ? done : problemOf(said);
    },
    'POST /v0/sign': async ({ body: { event, account } }, until) => {
      const parsed = parseTemplate(event);
      if (parsed.type === 'refused') return refused(parsed.refusal);
      const template = fillTemplate(parsed.template, Math.floor(view.now() / 1000));
      const { pubkey } = parsed.template;
      const known = bridge().accounts.get(account);
      // Nobody is shown what would have to be refused.
      if (pubkey !== null && known !== undefined && pubkey !== known) return otherUser;
      const said = await askDevice({ method: 'sign_event', account, label: ownLabel, event: template }, until);
      if (said.type !== 'signature') return problemOf(said);
      const made = signedEvent(template, said, pubkey, bridge().signer);
      return made === null ? wrongSignature : { event: { ...made, tags: made.tags.map((tag) => [...tag]) } };
    },
  };
}

/** Why there is no answer of the kind that was asked for. */
export function problemOf(said: DeviceAnswer): Problem {
  return said.type === 'refused' ? refused(said.refusal) : wrongAnswer;
}

function refused({ code, words, advice }: Refusal): Problem {
  return no(409, code, words, advice);
}

const wrongAnswer = no(409, 'bad_device_answer', 'The device answered something else.', 'Check its firmware.');
/** The one state in which a device that is paired and set up cannot lock. */
const noPin = no(
  409,
  'wrong_state',
  'This device has no PIN, so it cannot be locked: a demo has none.',
  'sallyport run --fresh --state DIR starts a simulated one that gets a PIN.',
);
const otherUser = no(
  409,
  'wrong_pubkey',
  'The event names another user than this account.',
  'Choose the account, or leave the pubkey out.',
);
const wrongSignature = no(
  409,
  'bad_device_answer',
  'What the device returned does not verify, or is of another user than the event names.',
  'Check which device and which account it is.',
);
