/** What the control API says and takes about the web address of this host, as zod schemas beside those of schemas.ts. */
import { z } from 'zod';
import { bridgeLimits } from '../core/bridge/bridge-limits.ts';
import { peopleLimits } from '../core/web/people.ts';
import { signed } from './schemas.ts';
import { account, hex32 } from './shapes.ts';

const name = z.string().min(1).max(peopleLimits.nameMax);

export const names = z.object({
  names: z.array(z.object({ name: z.string(), pubkey: hex32, relays: z.array(z.string()) })),
});

export const newName = z.strictObject({
  name,
  account: account.default(0),
  /** Where this user is found: told to whoever asks for the name. */
  relays: z.array(z.string().max(1_024)).max(peopleLimits.relaysMax).default([]),
});

export const byName = z.strictObject({ name });

export const toAnnounce = z.strictObject({
  /** What the signer is called. */
  name: z.string().min(1).max(bridgeLimits.nameMax).default('Sallyport'),
  /** Where apps look for signers; the signer's own relays hear it anyway. */
  relays: z.array(z.string().max(1_024)).max(peopleLimits.relaysMax).default([]),
});
export const announced = z.object({
  event: signed.shape.event,
  relays: z.array(z.object({ url: z.string(), taken: z.boolean(), words: z.string() })),
});
