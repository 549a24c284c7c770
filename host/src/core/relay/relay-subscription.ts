/**
 * The one subscription of an open connection: asking for the requests of our keys, once or anew, and the relay's word that it delivers.
 */
import { nip46Kind } from '../nip46/envelope.ts';
import { asked, confirmedNow } from './relay-probe.ts';
import { type OpenLink, type RelayEffect, type RelayState, sinceAt } from './relay-state.ts';

/** A transition: the next state, and what is to be done. */
export type Step = readonly [RelayState, readonly RelayEffect[]];

/** A state whose connection is open. */
export type OpenState = RelayState & { readonly link: OpenLink };

/** A transition that leaves the connection open. */
export type OpenStep = readonly [OpenState, readonly RelayEffect[]];

/** Asks for the requests of our keys. On a connection that authenticated meanwhile, the same id replaces the old subscription. */
export function subscribe(state: OpenState, now: number): OpenStep {
  const { link, options } = state;
  const old = link.subscription;
  const subscribed = link.subscribed + 1;
  // A new id after a refusal, so that a late CLOSED of the old one cannot be taken for a refusal of the new one.
  const id = old.type === 'refused' ? `sallyport-${subscribed}` : old.id;
  const since = sinceAt(options, now);
  const filter = { kinds: [nip46Kind], '#p': options.pubkeys, since };
  const subscription = { type: 'asked', id, since, askedAt: now, epoch: link.epoch } as const;
  return [
    { ...state, link: { ...link, subscription, subscribed, probe: asked(link.probe, now) } },
    [{ type: 'send', text: JSON.stringify(['REQ', id, filter]) }],
  ];
}

/** The relay confirmed it before: that is not taken back by asking once more. */
export function subscribeAnew(state: OpenState, now: number): OpenStep {
  const before = state.link.subscription;
  const [next, request] = subscribe(state, now);
  const { subscription } = next.link;
  if (before.type !== 'confirmed' || subscription.type !== 'asked') return [next, request];
  return [{ ...next, link: { ...next.link, subscription: { ...subscription, type: 'confirmed' } } }, request];
}

/** Whether it is what we asked for last. */
export function isOurs(state: OpenState, id: string): boolean {
  const { subscription } = state.link;
  return subscription.type !== 'refused' && subscription.id === id;
}

/** The relay delivers from now on, as far as it says. */
export function confirmed(state: OpenState, now: number): OpenState {
  const { link } = state;
  if (link.subscription.type !== 'asked') return state;
  const subscription = { ...link.subscription, type: 'confirmed' } as const;
  return { ...state, link: { ...link, subscription, probe: confirmedNow(link.probe, now) } };
}
