/**
 * What the device keeps of one app, and how it lies in flash: a head that changes with pairing and with each full block of the ring, the
 * grants, and the blocks (ring.ts). A record is named by its slot, not by the app: names can be read without the PIN.
 *
 * What cannot be read is never taken for empty. Without its head an app is unknown; without its grants it is there, and refused: a lost
 * deny rule must not become a question.
 */
import { type Cbor, decodeCbor, encodeCbor, limits, utf8Length } from '@sallyport/device-protocol';
import { type Closed, createdAtMax, type Span, spansMax } from './closed.ts';
import { type Grant, isOfSession, type KeyMethod, keyMethods } from './grant.ts';
import type { Ring, Store } from './ring.ts';

export type ClientRecord = {
  readonly slot: number;
  /** The app is known by both keys together. */
  readonly client: Uint8Array;
  readonly remoteSigner: Uint8Array;
  readonly account: number;
  readonly name: string;
  /** Who says that name: the app in what it signed, or the computer. */
  readonly claim: 'app' | 'computer';
  /** `revoked`: forgotten by the human, kept so that what it signed before is not taken after it is paired again. */
  readonly state: 'paired' | 'revoked' | 'damaged';
  /** Requests dated up to here are of before the pairing. */
  readonly since: number;
  readonly closed: Closed;
  readonly head: number;
  /** The number of the unlocking in which it last asked, and how it dated its newest request. */
  readonly usedIn: number;
  readonly lastAt: number;
  readonly nextGrant: number;
  readonly grants: readonly Grant[];
};

const version = 1;
const prefix = 'app-';

export const headName = (slot: number): string => `${prefix}${slot}`;
const grantsName = (slot: number): string => `${prefix}${slot}-grants`;

export function ringOf({ slot, head }: ClientRecord): Ring {
  return { name: headName(slot), head };
}

/** The slots that something lies in. */
export function slotsIn(store: Store): readonly number[] {
  const slots = store.names().map((name) => /^app-(0|[1-9][0-9]{0,4})$/.exec(name)?.[1]);
  return slots.flatMap((slot) => (slot === undefined ? [] : [Number(slot)])).sort((a, b) => a - b);
}

export function writeHead(store: Store, record: ClientRecord): void {
  const { slot, client, remoteSigner, account, name, claim, state, since, closed, head, usedIn, lastAt } = record;
  const spans = closed.spans.flatMap(({ from, to }) => [from, to]);
  const fields: Cbor = [
    [version, client, remoteSigner, account, name, claim === 'app', state === 'revoked'],
    [since, closed.floor, head, usedIn, lastAt, record.nextGrant],
    spans,
  ];
  store.write(headName(slot), encodeCbor(fields));
}

/** Keeps what outlives a restart: grants of a session are in memory only. */
export function writeGrants(store: Store, { slot, grants }: ClientRecord): void {
  const rows = grants.filter((grant) => !isOfSession(grant)).map(rowOf);
  store.write(grantsName(slot), encodeCbor([version, ...rows]));
}

export function removeGrants(store: Store, slot: number): void {
  store.remove(grantsName(slot));
}

/** Reads what lies in a slot; null when its head cannot be read. */
export function readRecord(store: Store, slot: number): ClientRecord | null {
  const head = headOf(store.read(headName(slot)));
  if (head === null) return null;
  const grants = grantsOf(store.read(grantsName(slot)));
  // A revoked app has nothing to lose but its deny rules, and those it loses closed: it is paired again as damaged.
  if (grants === null) return { ...head, slot, state: 'damaged', grants: [] };
  return { ...head, slot, grants };
}

function headOf(bytes: Uint8Array | null | 'damaged'): Omit<ClientRecord, 'slot' | 'grants'> | null {
  const [keys, numbers, spans] = listOf(decodedOf(bytes));
  const [found, client, remoteSigner, account, name, byApp, revoked, ...more] = listOf(keys);
  const counts = listOf(numbers);
  const [since, floor, head, usedIn, lastAt, nextGrant] = counts.filter((one) => typeof one === 'number');
  if (found !== version || !isKey(client) || !isKey(remoteSigner) || typeof name !== 'string') return null;
  if (typeof account !== 'number' || account >= limits.accountsMax || (utf8Length(name) ?? 99) > limits.labelMax)
    return null;
  if (typeof byApp !== 'boolean' || typeof revoked !== 'boolean' || more.length > 0 || counts.length !== 6) return null;
  if (since === undefined || floor === undefined || head === undefined) return null;
  if (usedIn === undefined || lastAt === undefined || nextGrant === undefined) return null;
  const closed = closedOf(floor, listOf(spans));
  if (closed === null) return null;
  const claim = byApp ? 'app' : 'computer';
  const state = revoked ? 'revoked' : 'paired';
  return { client, remoteSigner, account, name, claim, state, since, closed, head, usedIn, lastAt, nextGrant };
}

function closedOf(floor: number, bounds: readonly Cbor[]): Closed | null {
  const numbers = bounds.filter((one) => typeof one === 'number');
  if (numbers.length !== bounds.length || numbers.length % 2 !== 0 || numbers.length > 2 * spansMax) return null;
  const ascend = [floor, ...numbers].every((one, i, all) => one <= (all[i + 1] ?? createdAtMax));
  if (!ascend) return null;
  const spans: Span[] = [];
  for (let i = 0; i < numbers.length; i += 2) spans.push({ from: numbers[i] ?? 0, to: numbers[i + 1] ?? 0 });
  return { floor, spans };
}

/** `false` stands for a limit that there is not. The numbers of the methods are those of the protocol, and for ever. */
function rowOf({ id, verdict, method, kind, peer, uses, perMinute }: Grant): Cbor {
  return [
    id,
    verdict === 'allow',
    keyMethods.indexOf(method) + 1,
    kind ?? false,
    peer ?? false,
    uses ?? false,
    perMinute ?? false,
  ];
}

function grantsOf(bytes: Uint8Array | null | 'damaged'): readonly Grant[] | null {
  const [found, ...rows] = listOf(decodedOf(bytes));
  const grants = rows.map(grantOf).filter((grant) => grant !== null);
  return found === version && grants.length === rows.length && rows.length <= limits.grantsMax ? grants : null;
}

function grantOf(row: Cbor): Grant | null {
  const [id, allow, number, kind, peer, uses, perMinute, ...more] = listOf(row);
  const method: KeyMethod | undefined = typeof number === 'number' ? keyMethods[number - 1] : undefined;
  if (typeof id !== 'number' || typeof allow !== 'boolean' || method === undefined || more.length > 0) return null;
  if (!isCount(kind) || !isCount(uses) || !isCount(perMinute) || (peer !== false && !isKey(peer))) return null;
  // Only a kind makes a grant to sign, and only a grant to sign has one.
  if ((method === 'sign_event') !== (kind !== false) || (method === 'sign_event' && peer !== false)) return null;
  return {
    id,
    verdict: allow ? 'allow' : 'deny',
    method,
    kind: kind === false ? null : kind,
    peer: peer === false ? null : peer,
    uses: uses === false ? null : uses,
    perMinute: perMinute === false ? null : perMinute,
    session: false,
    ends: null,
    recent: [],
  };
}

function decodedOf(bytes: Uint8Array | null | 'damaged'): Cbor | undefined {
  const decoded = bytes === null || bytes === 'damaged' ? null : decodeCbor(bytes);
  return decoded !== null && 'value' in decoded ? decoded.value : undefined;
}

function listOf(value: Cbor | undefined): readonly Cbor[] {
  return Array.isArray(value) ? value : [];
}

function isKey(value: Cbor | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32;
}

function isCount(value: Cbor | undefined): value is number | false {
  return value === false || (typeof value === 'number' && value <= 0xffff);
}
