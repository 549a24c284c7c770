/**
 * How this signer tells the world of itself: a handler of kind 24133 (NIP-89, as NIP-46 has it), signed by its remote-signer key. The
 * name `_` of its web address gives that key back, so that apps can see that both are one.
 */
import type { BridgeState } from '../bridge/bridge-state.ts';
import type { EventTemplate } from '../device/device-port.ts';
import { nip46Kind } from '../nip46/envelope.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';

const handlerKind = 31_990;

/** One for each remote-signer key: a later announcement takes the place of the one before (NIP-01). */
const identifier = 'sallyport';

/** The event to be signed, or why there is nothing to announce. */
export function announcement({ ownRelays, web }: BridgeState, name: string, now: number): EventTemplate | Refusal {
  const { reachable } = ownRelays;
  if (reachable.length === 0) return unreachable;
  const place = web === null ? {} : { website: web.url, nip05: `_@${web.url.replace(/^https?:\/\//, '')}` };
  const lines = web === null || web.logins === null ? [] : [['nostrconnect_url', `${web.url}/<nostrconnect>`]];
  return {
    kind: handlerKind,
    created_at: Math.floor(now / 1000),
    tags: [['d', identifier], ['k', `${nip46Kind}`], ...reachable.map((url) => ['relay', url]), ...lines],
    content: JSON.stringify({ name, about: 'A remote signer whose keys live on a plug-in device.', ...place }),
  };
}

const unreachable = refuse(
  'wrong_state',
  'This signer uses no relay that anybody elsewhere could reach.',
  'Start it with --relay.',
);
