/**
 * The log of a device, read and judged (PROTOCOL.md, chapter 20): whether it goes on from what was known of it, what its entries say,
 * and which of them this computer carried. Pure; a device may say anything, and what is no entry of ours is shown as unknown.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { type Cbor, decodeCbor } from '@sallyport/device-protocol';
import { cleanLine } from '../apps/client-metadata.ts';
import type { ActivityRow } from '../narrowing/activity.ts';
import type { Primitives } from '../nip46/primitives.ts';

/** What `log_head` answered: keys, hashes and the signature in hex. */
export type LogHead = { readonly number: number; readonly head: string; readonly logKey: string; readonly sig: string };
export type RawEntry = { readonly number: number; readonly entry: string };

/** What is known of a log from the last check. It is known of one device (its key in the channel). */
export type KeptHead = {
  readonly device: string;
  readonly logKey: string;
  readonly number: number;
  readonly head: string;
};

/**
 * `sound`: it goes on from what was known. `begun`: nothing was known. `gap`: more happened than the device keeps, so that the chain
 * cannot be followed from there. `forged`: the signature does not hold. `another`: the log of another device. `went_back`: it is
 * shorter than it was. `changed`: its entries do not lead to its head.
 */
export const logVerdicts = ['sound', 'begun', 'gap', 'forged', 'another', 'went_back', 'changed'] as const;
export type LogVerdict = (typeof logVerdicts)[number];

/** Verdicts after which the new head is what is known: after the others it stays what it was, until somebody begins anew. */
export const isGoingOn = (verdict: LogVerdict): boolean => ['sound', 'begun', 'gap'].includes(verdict);

const noHead = '00'.repeat(32);

/** Judges a head, and the entries that were read from the one after `kept` (or from the oldest) up to it. */
export function judgeLog(
  said: LogHead,
  nonce: Uint8Array,
  entries: readonly RawEntry[],
  kept: KeptHead | null,
  verify: Primitives['verify'],
): LogVerdict {
  if (!verify(hexToBytes(said.sig), signedHash(said, nonce), hexToBytes(said.logKey))) return 'forged';
  if (kept !== null && kept.logKey !== said.logKey) return 'another';
  if (kept !== null && said.number < kept.number) return 'went_back';
  const from = kept ?? { number: 0, head: noHead };
  const news = entries.filter(({ number }) => number > from.number && number <= said.number);
  const [first] = news;
  // What was dropped before the first check is not known, and no fault.
  const isCut = first !== undefined && first.number !== from.number + 1;
  const leads = isCut ? isWithoutGaps(news, said.number) : headAfter(from, news) === `${said.number} ${said.head}`;
  if (!leads) return 'changed';
  if (kept === null) return 'begun';
  return isCut ? 'gap' : 'sound';
}

/** Number and head after these entries. */
function headAfter(from: { readonly number: number; readonly head: string }, entries: readonly RawEntry[]): string {
  let { number, head } = from;
  for (const entry of entries) {
    if (entry.number !== number + 1) return 'a gap';
    number++;
    const bytes = concatBytes(utf8ToBytes('sallyport log'), hexToBytes(head), eight(number), hexToBytes(entry.entry));
    head = bytesToHex(sha256(bytes));
  }
  return `${number} ${head}`;
}

function isWithoutGaps(entries: readonly RawEntry[], last: number): boolean {
  return entries.every(({ number }, at) => number === last - entries.length + 1 + at);
}

function signedHash({ number, head }: LogHead, nonce: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8ToBytes('sallyport log head'), eight(number), hexToBytes(head), nonce));
}

function eight(number: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
  return bytes;
}

/** An entry of our firmware, as far as it is one. `here`: whether this computer carried it; null is nothing that it would have. */
export type LogEntry = {
  readonly number: number;
  readonly event: string;
  readonly uptimeMs: number | null;
  readonly account: number | null;
  readonly who: string | null;
  readonly method: string | null;
  readonly kind: number | null;
  readonly why: string;
  /** Seconds, as the app dated what it signed. */
  readonly createdAt: number | null;
};

/** Numbers of events and methods are for ever. */
const events: readonly string[] = [
  'unknown',
  'signed',
  'encrypted',
  'decrypted',
  'denied',
  'refused',
  'computer_paired',
  'computer_revoked',
  'app_paired',
  'app_revoked',
  'granted',
  'grant_revoked',
  'unlocked',
  'wrong_pin',
  'locked',
  'pin_changed',
  'account_made',
  'account_imported',
  'account_removed',
  'backup_checked',
  'set_up',
  'suspended',
  'resumed',
  'renamed',
  'addressed',
  'not_addressed',
];
const methods: readonly (string | null)[] = [
  null,
  'sign_event',
  'nip44_encrypt',
  'nip44_decrypt',
  'nip04_encrypt',
  'nip04_decrypt',
];
/** A word of the firmware; what is longer is cut. */
const whyMax = 64;

export function readEntry({ number, entry }: RawEntry): LogEntry {
  const decoded = decodeCbor(hexToBytes(entry));
  const fields: ReadonlyMap<number, Cbor> =
    'value' in decoded && decoded.value instanceof Map ? decoded.value : new Map<number, Cbor>();
  const uint = (key: number): number | null => {
    const value = fields.get(key);
    return typeof value === 'number' ? value : null;
  };
  const who = fields.get(3);
  return {
    number,
    event: events[uint(0) ?? 0] ?? 'unknown',
    uptimeMs: uint(1),
    account: uint(2),
    who: who instanceof Uint8Array && who.length === 8 ? bytesToHex(who) : null,
    method: methods[uint(4) ?? 0] ?? null,
    kind: kindOf(uint(5)),
    why: cleanLine(fields.get(6), whyMax),
    createdAt: uint(7),
  };
}

function kindOf(value: number | null): number | null {
  return value !== null && value <= 65_535 ? value : null;
}

export type Carried = 'yes' | 'no' | 'before' | null;
const uses: ReadonlySet<string> = new Set(['signed', 'encrypted', 'decrypted']);

/**
 * Which uses of a key this computer carried, each row of its own log standing for one. `rows` are its newest, newest first, and so are
 * the entries; what is older than all of them is `before`. What it asked in its own name is not in its log, and is not compared.
 */
export function carried(
  entries: readonly LogEntry[],
  rows: readonly ActivityRow[],
  computer: string,
): readonly Carried[] {
  // A repeated answer is one for which the device was not asked.
  const left = rows.filter(({ outcome }) => outcome !== 'repeated');
  const oldest = Math.min(...rows.map((row) => cameAt(row) - (row.ms.relay ?? 0)));
  return entries.map((entry) => {
    const { event, who, createdAt } = entry;
    if (!uses.has(event) || who === null || createdAt === null || computer.startsWith(who)) return null;
    const found = left.findIndex((row) => isOf(entry, row, who, createdAt));
    if (found < 0) return createdAt * 1000 < oldest ? 'before' : 'no';
    left.splice(found, 1);
    return 'yes';
  });
}

/** How far the clock of an app may be ahead of ours, and its row still be found. */
const aheadMs = 60_000;
/** How long before its arrival a request may be dated of which that is not known, as after a restart of this host. */
const behindMs = 600_000;

/** Whether a row is the request of this entry. Its date is known to the second, unless the clock of the app was ahead or it was lost. */
function isOf(entry: LogEntry, row: ActivityRow, who: string, createdAt: number): boolean {
  if (!row.client.startsWith(who) || row.method !== entry.method || row.kind !== entry.kind) return false;
  const came = cameAt(row);
  const { relay } = row.ms;
  const dated = createdAt * 1000;
  if (relay !== null && relay > 0) return came - relay === dated;
  return dated < came + aheadMs && dated >= came - (relay === null ? behindMs : 0);
}

function cameAt({ at, ms }: ActivityRow): number {
  return at - (ms.total ?? 0);
}
