/** What the control API says and takes about the device, what is open for it, and backups, as zod schemas beside those of schemas.ts. */
import { z } from 'zod';
import { logVerdicts } from '../core/device/device-log.ts';
import { account, hex32, kind, time } from './shapes.ts';

/** Whether the account answers apps that ask its own key. */
const userKey = z.boolean();

export const device = z.object({
  state: z.string(),
  model: z.string().nullable(),
  firmware: z.string().nullable(),
  channel: z.string().nullable(),
  /** What the wire last said: why no port is open, or why it closed. */
  port: z.string().nullable(),
  /** A pairing of this computer with the device that is under way or just ended: the six digits to compare, or why it failed. */
  pairing: z
    .object({ state: z.enum(['code', 'paired', 'failed']), code: z.string().nullable(), words: z.string().nullable() })
    .nullable(),
  /** The key by which this computer knows the paired device. */
  key: hex32.nullable(),
  accounts: z.array(z.object({ number: z.number().int(), pubkey: hex32, npub: z.string(), userKey })),
  /** The page of a simulated device; its address lets one tab in, and then there is another. Null: there is no such page. */
  simulator: z.object({ url: z.string() }).nullable(),
});

export const accounts = z.object({
  accounts: z.array(z.object({ number: z.number().int(), name: z.string(), pubkey: hex32, npub: z.string(), userKey })),
});

export const byAccount = z.strictObject({ number: z.coerce.number().pipe(account) });
export const answersItself = z.strictObject({ on: z.boolean() });

/** Whether the digits at the device and here are the same. */
export const comparison = z.strictObject({ same: z.boolean() });

export const openRequest = z.object({
  number: z.number().int(),
  client: hex32,
  app: z.string(),
  method: z.string(),
  kind: kind.nullable(),
  cameAt: time,
  /** When the device had it; null while it waits for its turn. */
  sentAt: time.nullable(),
  /** When it ends if nobody does anything. */
  endsAt: time,
  /** What it asks, in a few plain words. */
  asks: z.string(),
});

/** In full: an event that is to be signed (as the app sent it), or a text and whom it is from or for. Told while it is open, and kept nowhere. */
export const requestInFull = openRequest.extend({
  event: z.record(z.string(), z.unknown()).nullable(),
  peer: hex32.nullable(),
  text: z.string().nullable(),
});

export const requests = z.object({ requests: z.array(openRequest) });

/** Whoever has the file may guess for years. */
export const passphraseMin = 10;
export const toBackUp = z.strictObject({
  passphrase: z
    .string()
    .max(1_024)
    .refine((words) => [...words].length >= passphraseMin, `a passphrase has ${passphraseMin} characters at least`),
});
export const backup = z.object({
  /** The encrypted file, in base64. */
  file: z.string(),
});

/** `anew`: the log that is there now is the one that later checks go on from, whatever was known before. */
export const toCheck = z.strictObject({ anew: z.boolean().default(false) });

export const logEntry = z.object({
  number: z.number().int(),
  /** What happened; `unknown` for an entry of another firmware. */
  event: z.string(),
  /** Since the device was started: it has no other clock. */
  uptimeMs: z.number().int().nullable(),
  account: z.number().int().nullable(),
  /** The first eight bytes of the key of the app or the computer, hex. */
  who: z.string().nullable(),
  /** What this computer calls it; empty when it does not know it. */
  app: z.string(),
  method: z.string().nullable(),
  kind: kind.nullable(),
  /** In the device's own words. */
  why: z.string(),
  /** As the app dated what it signed. */
  createdAt: time.nullable(),
  /** Whether this computer carried it: `before` is older than its own log, null is nothing that it would have. */
  here: z.enum(['yes', 'no', 'before']).nullable(),
});

export const checkedLog = z.object({
  verdict: z.enum(logVerdicts),
  words: z.string(),
  advice: z.string(),
  /** The number of the newest entry, and of the one that the check went on from. */
  number: z.number().int(),
  since: z.number().int().nullable(),
  /** The newest entries, newest first. */
  entries: z.array(logEntry),
});
