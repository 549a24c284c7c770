/**
 * One entry of the log: who asked for what, and what became of it, in some thirty bytes. Never content, never a text, never a whole key.
 * The numbers are for ever: logs are read long after they were written.
 */
import { type Cbor, encodeCbor } from '@sallyport/device-protocol';

/** What happened. */
export const logEvents = {
  signed: 1,
  encrypted: 2,
  decrypted: 3,
  /** The human said no, or did not answer in time. */
  denied: 4,
  /** The device said no by itself; `why` tells. */
  refused: 5,
  computer_paired: 6,
  computer_revoked: 7,
  app_paired: 8,
  app_revoked: 9,
  granted: 10,
  grant_revoked: 11,
  unlocked: 12,
  wrong_pin: 13,
  locked: 14,
  pin_changed: 15,
  account_made: 16,
  account_imported: 17,
  account_removed: 18,
  backup_checked: 19,
  set_up: 20,
  /** The emergency key: all grants rest. */
  suspended: 21,
  resumed: 22,
  renamed: 23,
  /** Requests to the key of an account itself are answered, and no more. */
  addressed: 24,
  not_addressed: 25,
} as const;

export type LogEvent = keyof typeof logEvents;

const methods = { sign_event: 1, nip44_encrypt: 2, nip44_decrypt: 3, nip04_encrypt: 4, nip04_decrypt: 5 } as const;

export type LogEntry = {
  readonly event: LogEvent;
  readonly account?: number;
  /** The key of the app or the computer: its first eight bytes are kept. */
  readonly who?: Uint8Array;
  readonly method?: keyof typeof methods;
  readonly kind?: number;
  /** A word of ours: which rule decided. Longer ones are cut. */
  readonly why?: string;
  /** As the app signed it, in seconds; a device without a clock knows no other date. */
  readonly createdAt?: number;
};

const whoBytes = 8;
const whyMax = 32;

/** Deterministic CBOR: {0: event, 1: uptime in ms, 2: account, 3: who, 4: method, 5: kind, 6: why, 7: created_at}. */
export function encodeLogEntry(entry: LogEntry, uptimeMs: number): Uint8Array {
  const { event, account, who, method, kind, why, createdAt } = entry;
  const fields: readonly (readonly [number, Cbor | undefined])[] = [
    [0, logEvents[event]],
    [1, uptimeMs],
    [2, account],
    [3, who?.slice(0, whoBytes)],
    [4, method === undefined ? undefined : methods[method]],
    [5, kind],
    [6, why?.slice(0, whyMax)],
    [7, createdAt],
  ];
  return encodeCbor(new Map(fields.filter((field): field is readonly [number, Cbor] => field[1] !== undefined)));
}
