/**
 * Notices another host that uses the same remote-signer key: a backup was restored elsewhere, and the old host still runs. Apps get two
 * answers then, and the wrong "not paired" may come first. What gives it away is its event to itself, which reaches us, too.
 */
import type { RemoteSigner } from './core/nip46/envelope.ts';
import type { NostrEvent } from './core/nip46/event.ts';

/** Our own events that may still come back, from relays that keep them and pass them on: those of an hour at the worst. */
const ownMax = 1_024;
/** The user hears of it again when nothing was done for this long. */
const againMs = 3_600_000;

export type TwinWatch = {
  /** This event to ourselves is ours; it is given back. */
  readonly sent: (event: NostrEvent) => NostrEvent;
  /** A relay brought this one, of our key. */
  readonly seen: (event: NostrEvent, relay: string) => void;
};

/** `startedAt`: what is older may be of this very host, before it was started anew. */
export function watchForTwin(
  signer: Pick<RemoteSigner, 'isGenuine'>,
  startedAt: number,
  now: () => number,
  warn: (words: string) => void,
): TwinWatch {
  const own = new Set<string>();
  let warnedAt = Number.NEGATIVE_INFINITY;
  return {
    sent: (event) => {
      own.add(event.id);
      for (const oldest of own) {
        if (own.size <= ownMax) break;
        own.delete(oldest);
      }
      return event;
    },
    seen: (event, relay) => {
      if (own.has(event.id) || event.created_at * 1000 <= startedAt || now() - warnedAt < againMs) return;
      if (!signer.isGenuine(event)) return;
      warnedAt = now();
      warn(
        `Another host answers with this signer's key on ${relay}, and apps may hear the wrong one first. End one of the two.`,
      );
    },
  };
}
