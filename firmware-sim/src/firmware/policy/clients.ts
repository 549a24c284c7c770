/**
 * The apps that the device knows. Everything here is a value; a change is on flash before it is returned.
 *
 * How the device's own lists use it: `listed` are the apps to show; `revokeClient`, `revokeGrant` (grants.ts, by `human`: it alone takes
 * a deny rule away) and `suspend` change them; each gives the new value, which replaces the old one in the state. `loadClients` is
 * called at each unlocking: grants of a session end by not being there any more.
 */
import { limits } from '@sallyport/device-protocol';
import {
  type ClientRecord,
  headName,
  readRecord,
  removeGrants,
  ringOf,
  slotsIn,
  writeGrants,
  writeHead,
} from './client-record.ts';
import { createdAtMax } from './closed.ts';
import { datedBy, sameBytes } from './grant.ts';
import { blockName, type Freshness, firstBlock, freshnessIn, marked, removeRing, type Store } from './ring.ts';

export type { ClientRecord } from './client-record.ts';
export type { Freshness, Store } from './ring.ts';

export type Clients = {
  /** Paired and revoked ones, by slot. */
  readonly records: readonly ClientRecord[];
  /** How many paired apps this board keeps. */
  readonly max: number;
  /** The number of this unlocking. */
  readonly session: number;
  /** After the emergency key: grants are not used until the human takes it back. */
  readonly suspended: boolean;
};

/** Revoked apps that are remembered, besides the paired ones; then the one that was used least recently goes. */
const revokedMax = 32;
/** Record `apps`, format 1: version, 1 while grants are suspended. */
const appsRecord = 'apps';
const version = 1;

/** Reads all of them. What says that grants are suspended cannot be read: then they are. */
export function loadClients(store: Store, max: number): Clients {
  const records = slotsIn(store)
    .map((slot) => readRecord(store, slot))
    .filter((record) => record !== null);
  const session = records.reduce((newest, { usedIn }) => Math.max(newest, usedIn), 0) + 1;
  const apps = store.read(appsRecord);
  const suspended = apps !== null && (apps === 'damaged' || apps[0] !== version || apps[1] !== 0);
  return { records, max: Math.min(max, limits.clientsMax), session, suspended };
}

/** The paired apps in the order of their slots, damaged ones among them: what the lists show. */
export function listed({ records }: Clients): readonly ClientRecord[] {
  return records.filter(({ state }) => state !== 'revoked');
}

/** The record of an app, revoked ones too: `decide` says what they are. */
export function findClient({ records }: Clients, client: Uint8Array, remoteSigner: Uint8Array): ClientRecord | null {
  return records.find((one) => sameBytes(one.client, client) && sameBytes(one.remoteSigner, remoteSigner)) ?? null;
}

/** Whether a request that the app dated so, with this event id, may be taken. Asked after its signature was verified. */
export function freshness(store: Store, record: ClientRecord, createdAt: number, id: Uint8Array): Freshness {
  const found = freshnessIn(store, ringOf(record), record.closed, createdAt, id);
  return found === 'fresh' && createdAt <= record.since ? 'replayed' : found;
}

/**
 * Remembers a fresh request, before anything else comes of it: a prompt, the use of a grant, an answer. Writes one block, and the head
 * with the first request of an unlocking and with each new block.
 */
export function markSeen(
  clients: Clients,
  store: Store,
  app: ClientRecord,
  createdAt: number,
  id: Uint8Array,
): Clients | 'damaged' {
  const record = latest(clients, app);
  if (record.state !== 'paired') return 'damaged';
  const next = marked(store, ringOf(record), record.closed, createdAt, id);
  if (next === 'damaged') return next;
  const after: ClientRecord = {
    ...record,
    head: next.ring.head,
    closed: next.closed,
    usedIn: clients.session,
    lastAt: createdAt,
    // A request dated past its end ends a time grant, and one dated within it is where its time begins.
    grants: record.grants
      .map((grant) => (grant.ends === null ? grant : { ...grant, ends: datedBy(grant.ends, createdAt) }))
      .filter(({ ends }) => ends === null || ends.signed === null || createdAt <= ends.signed),
  };
  if (next.headMoves === 'before_block') writeHead(store, after);
  store.write(blockName(next.ring, next.ring.head), next.block);
  if (next.headMoves === 'after_block' || (next.headMoves === 'no' && record.usedIn !== clients.session)) {
    writeHead(store, after);
  }
  return replaced(clients, after);
}

/** What a pairing is made of. `id`: of the event that the app signed for it; null when the computer spoke for the app. */
export type NewClient = {
  readonly client: Uint8Array;
  readonly remoteSigner: Uint8Array;
  readonly account: number;
  readonly name: string;
  readonly createdAt: number;
  readonly id: Uint8Array | null;
};

/**
 * Pairs an app, after the human said yes. It grants nothing, and takes no deny rule away; an app that was not revoked meanwhile keeps
 * the grants for the same account. Requests dated before the pairing are not
 * taken; one of the same second is: the app asks for its key at once. An app that was known keeps what was closed for it; where it
 * dated its own pairing, it begins anew from there, so that the wrong clock of an earlier one can be mended. A date that the computer
 * told never moves the beginning back.
 */
export function pairClient(
  clients: Clients,
  store: Store,
  { client, remoteSigner, account, name, createdAt, id }: NewClient,
): Clients | 'full' | 'replayed' | 'misdated' | 'damaged' {
  if (!Number.isInteger(createdAt) || createdAt < 0 || createdAt > createdAtMax) return 'misdated';
  const known = findClient(clients, client, remoteSigner);
  const told = {
    client,
    remoteSigner,
    account,
    name,
    claim: id === null ? 'computer' : 'app',
    state: 'paired',
  } as const;
  const begins = Math.max(0, createdAt - 1);
  if (known !== null) {
    // What was lost with a damaged record is made up for by the date of this pairing; its deny rules are gone.
    if (known.state === 'damaged' || (id !== null && isDamaged(store, known, createdAt, id))) {
      return begin(
        clients,
        store,
        { ...known, ...told, since: Math.max(known.since, begins), grants: [] },
        createdAt,
        id,
      );
    }
    if (known.state === 'revoked' && listed(clients).length >= clients.max) return 'full';
    if (id !== null && freshnessIn(store, ringOf(known), known.closed, createdAt, id) !== 'fresh') return 'replayed';
    const since = id === null ? Math.max(known.since, known.closed.floor, begins) : begins;
    const keeps = known.state === 'paired' && known.account === account;
    const grants = keeps ? known.grants : known.grants.filter(({ verdict }) => verdict === 'deny');
    return again(clients, store, { ...known, ...told, since, grants }, createdAt, id);
  }
  if (listed(clients).length >= clients.max) return 'full';
  const [room, slot] = freeSlot(clients, store);
  const closed = { floor: 0, spans: [] };
  const record: ClientRecord = {
    ...told,
    slot,
    since: begins,
    closed,
    head: 0,
    usedIn: clients.session,
    lastAt: createdAt,
    nextGrant: 1,
    grants: [],
  };
  return begin(room, store, record, createdAt, id);
}

/** The paired app that was used least recently: what the screen offers to replace when there is no room. */
export function leastUsed(clients: Clients): ClientRecord | null {
  return oldestOf(listed(clients));
}

/** Forgets an app and its grants. Its deny rules, and what it asked, are remembered in case it is paired again. */
export function revokeClient(clients: Clients, store: Store, client: Uint8Array, remoteSigner: Uint8Array): Clients {
  const record = findClient(clients, client, remoteSigner);
  return record === null || record.state === 'revoked' ? clients : revoked(clients, store, record);
}

/** Forgets every app of an account: the account is removed. */
export function revokeAccount(clients: Clients, store: Store, account: number): Clients {
  const apps = listed(clients).filter((one) => one.account === account);
  return apps.reduce((rest, record) => revoked(rest, store, record), clients);
}

/** The emergency key, and its taking back. While suspended every request of every app asks. */
export function suspend(clients: Clients, store: Store, suspended: boolean): Clients {
  store.write(appsRecord, Uint8Array.of(version, suspended ? 1 : 0));
  return { ...clients, suspended };
}

/**
 * The record as it is now: whoever kept an older one, over a write or a question to the human, must not bring it back. One that was let go
 * meanwhile is as good as revoked.
 */
export function latest({ records }: Clients, { slot, client, remoteSigner, ...kept }: ClientRecord): ClientRecord {
  const now = records.find((one) => one.slot === slot && sameBytes(one.client, client));
  return now !== undefined && sameBytes(now.remoteSigner, remoteSigner)
    ? now
    : { ...kept, slot, client, remoteSigner, state: 'revoked', grants: [] };
}

/** Puts a record in place of its former self. */
export function replaced(clients: Clients, record: ClientRecord): Clients {
  const others = clients.records.filter(({ slot }) => slot !== record.slot);
  return { ...clients, records: [...others, record].sort((a, b) => a.slot - b.slot) };
}

function revoked(clients: Clients, store: Store, record: ClientRecord): Clients {
  const grants = record.grants.filter(({ verdict }) => verdict === 'deny');
  const after: ClientRecord = { ...record, state: 'revoked', usedIn: clients.session, grants };
  // The head first: after a power cut between the two a revoked app has grants, and may do nothing.
  writeHead(store, after);
  writeGrants(store, after);
  return forgetOldest(replaced(clients, after), store);
}

/** A new ring, from its first block on. The head comes last: without it there is no app. */
function begin(clients: Clients, store: Store, told: ClientRecord, createdAt: number, id: Uint8Array | null): Clients {
  const record: ClientRecord = { ...told, head: 0, usedIn: clients.session, lastAt: createdAt };
  // An old head with a new ring would be damage, which is refused: so a power cut here leaves an app that is to be paired again.
  removeRing(store, headName(record.slot));
  store.write(blockName(ringOf(record), 0), firstBlock(createdAt, id));
  writeGrants(store, record);
  writeHead(store, record);
  return replaced(clients, record);
}

/** Pairs a known app again, its ring kept. */
function again(
  clients: Clients,
  store: Store,
  told: ClientRecord,
  createdAt: number,
  id: Uint8Array | null,
): Clients | 'damaged' {
  const record: ClientRecord = { ...told, usedIn: clients.session };
  // The grants first: a power cut before the head leaves an app that was not paired again, and its old grants are gone for good.
  writeGrants(store, record);
  writeHead(store, record);
  const paired = replaced(clients, record);
  return id === null ? paired : markSeen(paired, store, record, createdAt, id);
}

function isDamaged(store: Store, record: ClientRecord, createdAt: number, id: Uint8Array): boolean {
  return freshnessIn(store, ringOf(record), { floor: -1, spans: [] }, createdAt, id) === 'damaged';
}

/** The first slot that nothing lies in. What cannot be read lies there too: it is written over only when nothing else is free. */
function freeSlot(clients: Clients, store: Store): readonly [Clients, number] {
  const taken = new Set(slotsIn(store));
  const last = clients.max + revokedMax;
  for (let slot = 0; slot < last; slot++) if (!taken.has(slot)) return [clients, slot];
  const readable = new Set(clients.records.map(({ slot }) => slot));
  for (let slot = 0; slot < last; slot++) if (!readable.has(slot)) return [clients, slot];
  return freeSlot(forgetOldest(clients, store, 0), store);
}

/** Lets the oldest revoked app go while there are too many of them. */
function forgetOldest(clients: Clients, store: Store, max = revokedMax): Clients {
  const dead = clients.records.filter(({ state }) => state === 'revoked');
  const oldest = dead.length > max ? oldestOf(dead) : null;
  if (oldest === null) return clients;
  store.remove(headName(oldest.slot));
  removeGrants(store, oldest.slot);
  removeRing(store, headName(oldest.slot));
  return forgetOldest({ ...clients, records: clients.records.filter((one) => one !== oldest) }, store, max);
}

function oldestOf(records: readonly ClientRecord[]): ClientRecord | null {
  const first = (a: ClientRecord, b: ClientRecord): ClientRecord => (b.usedIn < a.usedIn ? b : a);
  return records.length === 0 ? null : records.reduce(first);
}
