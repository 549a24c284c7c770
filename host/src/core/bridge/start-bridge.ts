/** The bridge at its start: what the store kept, as the machine has it. */

import { noOwnRelays } from '../apps/session-relays.ts';
import { type App, loadSessions, type Secret } from '../apps/sessions.ts';
import type { AskedRow, ChallengeRow, KnownAccounts, Revocation, SeenRow } from '../apps/store-rows.ts';
import { noNarrowing } from '../narrowing/narrowing.ts';
import type { RemoteSigner } from '../nip46/envelope.ts';
import { noChallenges } from '../web/challenge.ts';
import { nobody } from '../web/people.ts';
import { fullBudgets } from './app-budgets.ts';
import { bridgeLimits as limits } from './bridge-limits.ts';
import type { BridgeState } from './bridge-state.ts';
import { noDrops } from './drops.ts';
import { type Ended, endedBefore } from './ended.ts';
import { type SeenByClient, seenByClient, seenIds } from './seen.ts';
import { noStrangers } from './strangers.ts';
/** What the store loads. `seen` are requests that led to something, oldest first: a restart is no second prompt. */
export type Loaded = {
  readonly apps: readonly App[];
  readonly secrets: readonly Secret[];
  readonly revocations: readonly Revocation[];
  readonly known: KnownAccounts | null;
  readonly seen: readonly SeenRow[];
  /** What had been asked and had not ended. */
  readonly asked: readonly AskedRow[];
  /** Strangers that a person was to come for. */
  readonly challenges: readonly ChallengeRow[];
};

/** The bridge at start. */
export function startBridge(signer: RemoteSigner, loaded: Loaded): BridgeState {
  const sessions = loadSessions(loaded.apps, loaded.secrets, loaded.revocations);
  const isOfApp = ({ client }: SeenRow): boolean => client !== null && sessions.apps.has(client);
  const ofStrangers = loaded.seen.filter((row) => !isOfApp(row)).map(({ id }) => id);
  return {
    signer,
    device: null,
    accounts: new Map(),
    known: loaded.known,
    revoking: new Map(),
    sessions,
    ownRelays: noOwnRelays,
    relaysTold: new Map(),
    narrowing: noNarrowing,
    web: null,
    people: nobody,
    challenges: noChallenges,
    clicksFullAt: 0,
    seen: seenBefore(loaded.seen.filter(isOfApp)),
    strangersSeen: seenIds(limits.seenChunk, limits.strangerSeenChunks, ofStrangers),
    strangers: noStrangers,
    unreadFullAt: 0,
    budgets: fullBudgets,
    open: new Map(),
    ended: askedBefore(loaded.seen.filter(isOfApp)),
    nextJob: 1,
    workedAt: 0,
    stopping: false,
    drops: noDrops,
  };
}

function seenBefore(rows: readonly SeenRow[]): SeenByClient {
  const ids = byClient(rows, ({ id }) => id);
  return seenByClient(limits.seenChunk, limits.seenChunks, limits.seenMax, ids);
}

/** What became of these is not known any more: whoever repeats one is told so, instead of asking the human a second time. */
function askedBefore(rows: readonly SeenRow[]): Ended {
  // The last moment at which the event could have been taken.
  const endedAt = ({ createdAt }: SeenRow): number => (createdAt + limits.freshnessSeconds) * 1000;
  const asked = rows.filter(({ request }) => request !== null);
  return endedBefore(byClient(asked, (row) => [row.request ?? '', { text: null, endedAt: endedAt(row) }] as const));
}

function byClient<T>(rows: readonly SeenRow[], part: (row: SeenRow) => T): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const client = row.client ?? '';
    const group = groups.get(client);
    if (group === undefined) groups.set(client, [part(row)]);
    else group.push(part(row));
  }
  return groups;
}
