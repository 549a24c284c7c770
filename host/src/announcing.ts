/** Publishing the announcement of this signer, on demand: to its own relays and to those that people look on, and what each said to it. */
import type { NostrEvent } from './core/nip46/event.ts';

/** What a relay said; `words` where it did not take it. */
export type RelayVerdict = { readonly url: string; readonly taken: boolean; readonly words: string };

export type Announcing = {
  /** Publishes to these, all of them normal forms, and waits until each has said what it makes of it, or for some seconds. */
  readonly announce: (
    event: NostrEvent,
    urls: readonly string[],
    until: AbortSignal,
  ) => Promise<readonly RelayVerdict[]>;
  /** A relay said whether it took an event; false when it is none of these. */
  readonly said: (id: string, taken: boolean, words: string, url: string) => boolean;
  /** The relays that are needed meanwhile. */
  readonly relays: () => readonly string[];
};

/** Time to connect and to be asked who one is. */
const patienceMs = 10_000;

type Under = { readonly urls: readonly string[]; readonly heard: Map<string, RelayVerdict>; readonly wake: () => void };

/** `join` connects to what `relays` says now; `publish` returns those that have it. */
export function announcing(
  join: () => void,
  publish: (event: NostrEvent, urls: readonly string[]) => readonly string[],
): Announcing {
  const underWay = new Map<string, Under>();

  async function announce(event: NostrEvent, urls: readonly string[], until: AbortSignal) {
    const heard = new Map<string, RelayVerdict>();
    const all = Promise.withResolvers<void>();
    underWay.set(event.id, { urls, heard, wake: all.resolve });
    join();
    const sent = new Set(publish(event, urls));
    for (const url of urls) if (!sent.has(url)) heard.set(url, { url, taken: false, words: noRoom });
    const patience = setTimeout(all.resolve, patienceMs);
    until.addEventListener('abort', () => all.resolve(), { once: true });
    if (heard.size < urls.length && !until.aborted) await all.promise;
    clearTimeout(patience);
    underWay.delete(event.id);
    join();
    return urls.map((url) => heard.get(url) ?? { url, taken: false, words: silent });
  }

  return {
    announce,
    said: (id, taken, words, url) => {
      const one = underWay.get(id);
      if (one === undefined) return false;
      one.heard.set(url, { url, taken, words: taken ? '' : words });
      if (one.heard.size >= one.urls.length) one.wake();
      return true;
    },
    relays: () => [...underWay.values()].flatMap(({ urls }) => urls),
  };
}

const noRoom = 'This signer uses as many relays as it can.';
const silent = 'It said nothing.';
