/**
 * Several relays at once. Each is a connection of its own that fails and comes back alone; the same event may therefore arrive
 * once from each, and a published one is acknowledged once by each.
 */
import type { NostrEvent } from '../core/nip46/event.ts';
import { relaysMax } from '../core/nip46/limits.ts';
import type { RelaySnapshot } from '../core/relay/relay.ts';
import { parseRelayUrl } from './relay-url.ts';
import { openRelay, type RelayCallbacks, type RelaySocket } from './socket.ts';

export type Relays = {
  /**
   * Connects to these too; one that is connected already is left alone. Returns the addresses that were not taken: no
   * relay address, or more than `relaysMax`.
   */
  readonly start: (urls: readonly string[]) => readonly string[];
  /**
   * Connects to these as `start` does, the first `relaysMax` of them, and leaves all others, after time for what was just said to them.
   * Returns those that are too many.
   */
  readonly keep: (urls: readonly string[]) => readonly string[];
  /**
   * Publishes on all relays, or on those of `only` that were started; on `first` before the others, since an answer is awaited
   * where the request came from. Returns the relays that have it now; none means that nobody was told.
   */
  readonly publish: (event: NostrEvent, to?: PublishTo) => readonly string[];
  readonly snapshots: () => readonly RelaySnapshot[];
  /** The remote-signer keys whose requests are asked for from now on; the first is the main one. */
  readonly listenFor: (pubkeys: readonly string[]) => void;
  /** The clock jumped: this computer slept, or its clock was set. All connections are looked at, at once. */
  readonly woke: () => void;
  readonly close: () => void;
};

export type PublishTo = { readonly first?: string; readonly only?: readonly string[] };

/** A relay that is left has this long to take the last answers: its OK comes within seconds. */
const farewellMs = 10_000;

/** A set of relays without any; `mainKeys` are the remote-signer keys whose requests are asked for at first. */
export function createRelays(mainKeys: readonly string[], callbacks: RelayCallbacks): Relays {
  let pubkeys = mainKeys;
  const sockets = new Map<string, RelaySocket>();
  const leaving = new Map<string, NodeJS.Timeout>();
  let waiting: readonly string[] = [];

  function start(urls: readonly string[]): readonly string[] {
    const left: string[] = [];
    for (const text of urls) {
      const url = parseRelayUrl(text);
      if (url !== null && sockets.has(url)) continue;
      if (url === null || sockets.size >= relaysMax) left.push(text);
      else sockets.set(url, openRelay({ url, pubkeys }, callbacks));
    }
    return left;
  }

  function keep(urls: readonly string[]): readonly string[] {
    const all = [...new Set(urls.map(parseRelayUrl).filter((url) => url !== null))];
    const wanted = new Set(all.slice(0, relaysMax));
    for (const url of [...leaving.keys()].filter((each) => wanted.has(each))) {
      clearTimeout(leaving.get(url));
      leaving.delete(url);
    }
    for (const [url, socket] of sockets) {
      if (wanted.has(url) || leaving.has(url)) continue;
      const leave = (): void => {
        leaving.delete(url);
        sockets.delete(url);
        socket.close();
        start(waiting);
      };
      leaving.set(url, setTimeout(leave, farewellMs).unref());
    }
    // What is being left takes its place until it is.
    waiting = [...wanted];
    start(waiting);
    return all.slice(relaysMax);
  }

  function publish(event: NostrEvent, to: PublishTo = {}): readonly string[] {
    const first = to.first === undefined ? [] : [to.first];
    const urls = new Set<string>();
    for (const text of [...first, ...(to.only ?? sockets.keys())]) {
      // For every answer: nearly always it is written as it is kept, and then it need not be read.
      const url = sockets.has(text) ? text : parseRelayUrl(text);
      if (url !== null && sockets.has(url)) urls.add(url);
    }
    for (const url of urls) sockets.get(url)?.publish(event);
    return [...urls];
  }

  function close(): void {
    for (const timer of leaving.values()) clearTimeout(timer);
    leaving.clear();
    waiting = [];
    const open = [...sockets.values()];
    sockets.clear();
    for (const socket of open) socket.close();
  }

  return {
    start,
    keep,
    publish,
    listenFor: (wanted) => {
      if (wanted.length === pubkeys.length && wanted.every((key, i) => key === pubkeys[i])) return;
      pubkeys = wanted;
      for (const socket of [...sockets.values()]) socket.listenFor(pubkeys);
    },
    snapshots: () => [...sockets.values()].map((socket) => socket.snapshot()),
    woke: () => {
      for (const socket of [...sockets.values()]) socket.woke();
    },
    close,
  };
}
