/**
 * What a request of a paired app comes to: an answer at once, or a question to the device.
 */

import { appLabel } from '../apps/client-metadata.ts';
import { connect } from '../apps/pairing.ts';
import { switchRelays, tellRelays } from '../apps/session-relays.ts';
import type { App } from '../apps/sessions.ts';
import type { DeviceAsk, OwnAsk } from '../device/device-port.ts';
import { endSession } from '../narrowing/user-says.ts';
import type { NostrEvent } from '../nip46/event.ts';
import { fillTemplate } from '../nip46/event-template.ts';
import {
  type DeviceRequest,
  type Nip46Request,
  type RequestId,
  requestDigest,
  resultText,
} from '../nip46/nip46-text.ts';
import { refuse } from '../nip46/refusal.ts';
import { challenge } from '../web/challenges.ts';
import { makesNone } from '../web/new-account.ts';
import { carriedBy, noteOf, open, refused, repeated } from './asking.ts';
import { bridgeLimits as limits } from './bridge-limits.ts';
import type { BridgeState, Origin, Signing, Step, Wants } from './bridge-state.ts';
import { answer, saveSeen } from './replies.ts';

/** Handles any other request of a paired app. `event` carried it. */
export function appRequest(
  state: BridgeState,
  app: App,
  origin: Origin,
  request: Nip46Request,
  event: NostrEvent,
  now: number,
): Step {
  switch (request.method) {
    case 'connect':
      return connect(state, origin, request, event, now);
    case 'ping':
      return done(state, origin, request, 'pong', now);
    case 'switch_relays':
      return switchRelays(state, app, origin, request, event, now);
    case 'get_relays':
      return tellRelays(state, app, origin, request, now);
    case 'create_account':
      return challenge(state, origin, request, event, now) ?? refused(state, origin, request, makesNone, now);
    case 'logout':
      return logout(state, origin, request, event, now);
    default:
      return deviceRequest(state, app, origin, request, event, now);
  }
}

function done(state: BridgeState, origin: Origin, request: Nip46Request, result: string, now: number): Step {
  return [state, [answer(origin, resultText(request.id, result), now), noteOf(origin, request, 'answered')]];
}

/** Ends the session: on disk first, then every open request of the app gets its ending, then the app its `ack`. */
function logout(state: BridgeState, origin: Origin, request: Nip46Request, event: NostrEvent, now: number): Step {
  const [next, effects] = endSession(state, origin.client, loggedOut, now);
  const last = [answer(origin, resultText(request.id, 'ack'), now), noteOf(origin, request, 'unpaired')];
  return [next, [saveSeen(event, null, now), ...effects, ...last]];
}

function deviceRequest(
  state: BridgeState,
  app: App,
  origin: Origin,
  request: DeviceRequest,
  event: NostrEvent,
  now: number,
): Step {
  const key = requestDigest(request, state.signer);
  const repeat = repeated(state, origin, request, key, event, now);
  if (repeat !== null) return repeat;
  const isAsking = request.method !== 'get_public_key';
  // Asked in our own name it would pass by all that the device knows of this app: what it may never do, and that it was taken away.
  if (isAsking && !hasDeviceId(request) && state.device?.knowsApps !== false) {
    const [same, effects] = refused(state, origin, request, noDeviceId, now);
    return [same, [saveSeen(event, null, now), ...effects]];
  }
  const keys = { key, seenAs: isAsking ? key : null };
  return open(state, origin, request, event, keys, question(state, app, origin, request, event), now);
}

/** The question of a request that the device was asked before; null: that was none which it remembers. */
export function resumedQuestion(
  state: BridgeState,
  app: App,
  origin: Origin,
  request: Nip46Request,
  event: NostrEvent,
): [DeviceAsk, Wants] | null {
  if (request.method === 'sign_event') {
    const { template } = request;
    const signing = { label: appLabel(app), id: request.id, template, event };
    // Another pubkey than the account's was asked for before: the device was, and the signature will tell.
    return signQuestion(
      state,
      origin,
      app.account,
      signing,
      template.pubkey ?? state.accounts.get(app.account) ?? null,
    );
  }
  return 'text' in request ? question(state, app, origin, request, event) : null;
}

function question(
  state: BridgeState,
  app: App,
  origin: Origin,
  request: DeviceRequest,
  event: NostrEvent,
): [DeviceAsk, Wants] {
  const { account } = app;
  const label = appLabel(app);
  switch (request.method) {
    case 'get_public_key': {
      const own = { method: 'get_public_key', account } as const;
      return [inAppsName(state, origin, request, account, event, own), { type: 'public_key', account }];
    }
    case 'sign_event': {
      const signing = { label, id: request.id, template: request.template, event };
      const { pubkey } = request.template;
      const known = state.accounts.get(account) ?? null;
      if (pubkey !== null && pubkey !== known) {
        // Nobody is shown what would have to be refused. Asking is silent, and the device may be another one by now.
        return [
          { method: 'get_public_key', account },
          { type: 'account', account, signing, pubkey },
        ];
      }
      return signQuestion(state, origin, account, signing, pubkey ?? known);
    }
    default: {
      const { method, peer, text } = request;
      return [
        inAppsName(state, origin, request, account, event, { method, account, label, peer, text }),
        { type: 'text', peer, text },
      ];
    }
  }
}

/** The question for a signature of `pubkey` (null: whichever the account has). */
export function signQuestion(
  state: BridgeState,
  origin: Origin,
  account: number,
  { label, id, template: requested, event }: Signing,
  pubkey: string | null,
): [DeviceAsk, Wants] {
  // The time of the app's own signed event, as the device fills it, also when a later repeat has joined.
  const template = fillTemplate(requested, event.created_at);
  const own = { method: 'sign_event', account, label, event: template } as const;
  return [inAppsName(state, origin, { id }, account, event, own), { type: 'signature', account, template, pubkey }];
}

/**
 * In the name of the app itself where the device knows apps: it judges by what the app signed, not by what we say.
 */
function inAppsName(
  state: BridgeState,
  origin: Origin,
  { id }: { readonly id: RequestId },
  account: number,
  event: NostrEvent,
  own: OwnAsk,
): DeviceAsk {
  if (!hasDeviceId({ id })) return own;
  return { method: 'client_request', carried: carriedBy(state, origin, account, event), own };
}

/** Whether a device reads this id: without one there is nothing by which it could know a repeat. */
function hasDeviceId({ id }: { readonly id: RequestId }): boolean {
  return id !== '' && id !== 'null' && id.length <= limits.deviceIdMax;
}

const noDeviceId = refuse(
  'malformed',
  `The request has no id, or one of more than ${limits.deviceIdMax} characters.`,
  'Report it to the maker of the app.',
);

const loggedOut = refuse(
  'cancelled',
  'The app logged out while this request was open.',
  'Pair the app again and ask again.',
);
