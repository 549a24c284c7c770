/** Keeps the host's own relays: on disk first, then the bridge is told, which leads the apps on, and the relays are joined or left. */
import { changed, type KeptRelays, ownOf, type RelayChange, relaysText } from './core/apps/own-relays.ts';
import type { BridgeInput } from './core/bridge/bridge.ts';
import type { Refusal } from './core/nip46/refusal.ts';
import { isReachable } from './relays/relay-url.ts';
import { relaysIn } from './store/settings.ts';
import type { Store } from './store/store.ts';

/** Tells the bridge what they are; `join` connects to what they are then. Returns how to change them, or learn why that cannot be. */
export function keepOwnRelays(
  given: readonly string[],
  store: Pick<Store, 'setting' | 'saveSetting'>,
  tell: (input: BridgeInput & { readonly type: 'own_relays' }) => void,
  join: () => void,
): (change: RelayChange) => Refusal | null {
  let kept = relaysIn(store);

  function become(next: KeptRelays, gone: readonly string[]): void {
    const all = ownOf(given, next);
    const reachable = all.filter(isReachable);
    // On this machine alone there is nowhere to lead apps to: they are where they were last told to be.
    const before = reachable.length === 0 ? [] : kept.last;
    const last = reachable.length === 0 ? kept.last.filter((url) => !gone.includes(url)) : reachable;
    save({ added: next.added, last: kept.last });
    tell({ type: 'own_relays', relays: { all, reachable }, before, gone });
    // Only now: a host that ends in between tells the bridge once more where the apps were.
    save({ added: next.added, last });
    join();
  }

  function save(next: KeptRelays): void {
    if (relaysText(next) !== relaysText(kept)) store.saveSetting('relays', relaysText(next));
    kept = next;
  }

  become(kept, []);
  return (change) => {
    const next = changed(given, kept, change);
    if ('code' in next) return next;
    become(next, change.type === 'remove' && change.atOnce ? [change.url] : []);
    return null;
  };
}
