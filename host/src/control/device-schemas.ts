/** What the control API says and takes about the device, and what is open for it, as zod schemas beside those of schemas.ts. */
import { z } from 'zod';
import { hex32, kind, time } from './shapes.ts';

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
  accounts: z.array(z.object({ number: z.number().int(), pubkey: hex32 })),
});

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
