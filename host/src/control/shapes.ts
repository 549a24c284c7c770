/** What many schemas of the control API are made of. */
import { limits } from '@sallyport/device-protocol';
import { z } from 'zod';

/** A public key, or the id of an event. */
export const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
/** Milliseconds of Unix time. */
export const time = z.number().int().nonnegative();
/** The number of an account of the device. */
export const account = z
  .number()
  .int()
  .min(0)
  .max(limits.accountsMax - 1);
export const kind = z.number().int().min(0).max(65_535);
