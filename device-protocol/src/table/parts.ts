/** The parts that several rows of the table share: who is meant, what goes in, what comes out. */
import { limits } from '../limits.ts';
import { type AnySchema, bytes, field, map, oneOf, optional, text, uint } from '../schema.ts';

/** In a request an unknown key may be a restriction that an older device would overlook; elsewhere later versions may add. */
export const refused = 'refused';
export const ignored = 'ignored';

export type CommandRow = {
  readonly code: number;
  readonly by: 'host' | 'device';
  /** Nothing happens before a human acted: such a request is never sent twice on a guess. */
  readonly asksHuman: boolean;
  readonly request: AnySchema;
  readonly reply: AnySchema;
};

/** A request id: the host's are even, the device's are odd. Unique within one boot of the device. */
export const requestId = uint(0xffff_ffff);
/** The number of an account on this device: it stays with the account for ever, and is not the NIP-06 index. */
export const account = uint(limits.accountsMax - 1);
export const key32 = bytes(32);
/** A name of at most 64 bytes: a claim of whoever says it. */
export const label = text(limits.labelMax);

/** What goes in: its length, and as much of its beginning as fits one message. The device pulls the rest with chunk_get. */
export const input = map(
  { length: field(0, uint(limits.requestStreamMax)), head: field(1, bytes(0, limits.headMax)) },
  refused,
);
/** What comes out: its length, and all of it when it fits; otherwise it was pushed before with chunk_put, and `head` is empty. */
export const output = map(
  { length: field(0, uint(limits.resultMax)), head: field(1, bytes(0, limits.chunkMax)) },
  ignored,
);

/** The methods that a grant can be about. */
export const grantMethods = oneOf({
  sign_event: 1,
  nip44_encrypt: 2,
  nip44_decrypt: 3,
  nip04_encrypt: 4,
  nip04_decrypt: 5,
});

/**
 * What an app may, or may never, do without asking. `kind` is of sign_event only and always there; `peer` is of the others: without it
 * every peer is meant, but for the account itself, which must be named. What limits an allowing grant: `uses` left, `perMinute` of the
 * device's uptime, `session` (until the device is locked or restarts), `ms` left of the device's uptime (which implies `session`). `id`
 * is the device's number for it; in a proposal it is 0.
 */
export const grant = map(
  {
    id: field(0, uint(0xffff)),
    verdict: field(1, oneOf({ allow: 1, deny: 2 })),
    method: field(2, grantMethods),
    kind: optional(3, uint(0xffff)),
    peer: optional(4, key32),
    uses: optional(5, uint(0xffff)),
    perMinute: optional(6, uint(0xffff)),
    session: optional(7, oneOf({ yes: 1 })),
    ms: optional(8, uint(limits.grantMsMax)),
  },
  refused,
);
