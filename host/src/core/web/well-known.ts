/**
 * What `/.well-known/nostr.json` says (NIP-05), in the two dialects of NIP-46: the text of 2024-11 has `nip46` with `relays` and
 * `nostrconnect_url` beside the name `_`, which is this signer; the ones before have `nip46` by pubkey. Both fit into one object.
 *
 * It answers for the name that was asked and for no other: nobody is told who else lives here.
 */
import type { OwnRelays } from '../apps/session-relays.ts';
import { type People, parseName } from './people.ts';

/** What is known here. `introductions`: where a person can bring a nostrconnect line; null where that is not wanted. */
export type WellKnown = {
  readonly remoteSigner: string;
  readonly people: People;
  readonly ownRelays: OwnRelays;
  readonly introductions: string | null;
};

type ByKey = Readonly<Record<string, readonly string[]>>;

export type NostrJson = {
  readonly names: Readonly<Record<string, string>>;
  readonly relays?: ByKey;
  readonly nip46?: Readonly<Record<string, readonly string[] | string>>;
};

/** The answer for one name, under the name as it was asked. */
export function nostrJson({ remoteSigner, people, ownRelays, introductions }: WellKnown, asked: string): NostrJson {
  const relays = relaysForOthers(ownRelays);
  if (asked === '_') {
    const where = introductions === null ? {} : { nostrconnect_url: introductions };
    return {
      names: { _: remoteSigner },
      relays: { [remoteSigner]: relays },
      nip46: { relays, ...where, [remoteSigner]: relays },
    };
  }
  const person = people.get(parseName(asked) ?? '');
  if (person === undefined) return { names: {} };
  const found = person.relays.length === 0 ? {} : { relays: { [person.pubkey]: person.relays } };
  return { names: { [asked]: person.pubkey }, ...found, nip46: { [person.pubkey]: relays } };
}

/** Those that others can reach; on a machine that keeps everything to itself, its own. */
export function relaysForOthers({ all, reachable }: OwnRelays): readonly string[] {
  return reachable.length === 0 ? all : reachable;
}
