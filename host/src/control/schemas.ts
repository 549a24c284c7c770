/**
 * What the control API says and takes, as zod schemas: handlers are typed by them, requests are parsed by them, and OpenAPI is
 * written from them. Times are ms Unix time. Nothing here holds a secret but the bunker line, which is made once for who asks.
 */
import { limits } from '@sallyport/device-protocol';
import { z } from 'zod';
import { grantMethods, strangePermission } from '../core/apps/wishes.ts';
import { bridgeLimits } from '../core/bridge/bridge-limits.ts';
import { askedMethods, noteMax, ruleMethods } from '../core/narrowing/narrowing.ts';
import { device } from './device-schemas.ts';
import { account, hex32, kind, time } from './shapes.ts';

const ms = z.number().int().nullable();

/** Ninety days: whoever has not paired by then makes another line. */
export const lineMinutesMax = 90 * 24 * 60;
/** A year; what is longer has no end. */
export const pauseMinutesMax = 366 * 24 * 60;

/** A number in a query is text. */
const inQuery = z.coerce.number().int().nonnegative();

export const problem = z
  .object({
    error: z.object({
      /** For programs. */
      code: z.string(),
      /** What happened. */
      words: z.string(),
      /** What to do; may be empty. */
      advice: z.string(),
    }),
  })
  .describe('Why nothing was done.');

export const pause = z.object({ since: time, until: time.nullable() });

export const rule = z.object({
  number: z.number().int().positive(),
  client: hex32.nullable(),
  method: z.string().nullable(),
  kind: kind.nullable(),
  note: z.string(),
});

/** A method that there is: a rule about a mistyped one would refuse nothing, and nobody would notice. */
const methodOf = <M extends string>(methods: readonly [M, ...M[]]) =>
  z.enum(methods, { error: `there is no such method; there are ${methods.join(', ')}` });

export const newRule = z
  .strictObject({
    client: hex32.nullable().default(null),
    method: methodOf(ruleMethods).nullable().default(null),
    kind: kind.nullable().default(null),
    note: z.string().max(noteMax).default(''),
    /** Has to be said of a rule that names nothing: it refuses everything of every app. */
    all: z.boolean().default(false),
  })
  .refine(({ kind, method }) => kind === null || method === null || method === 'sign_event', {
    path: ['kind'],
    error: 'only events have a kind, so the method is sign_event or none',
  })
  .refine(({ client, method, kind, all }) => all === (client === null && method === null && kind === null), {
    path: ['all'],
    error: 'a rule names an app, a method or a kind, or else says that it refuses all',
  });

export const app = z.object({
  client: hex32,
  name: z.string(),
  url: z.string(),
  perms: z.string(),
  account: z.number().int().nonnegative(),
  /** It speaks to a remote-signer key that no other app knows. */
  ownKey: z.boolean(),
  /** It asks the key of its account itself. */
  userKey: z.boolean(),
  pairedAt: time,
  /** When a request of it last ended, as far as the activity log goes back. */
  usedAt: time.nullable(),
  pause: pause.nullable(),
});

export const secret = z.object({
  /** The start of its hash: its name for programs. */
  id: z.string(),
  name: z.string(),
  perms: z.string(),
  account: z.number().int().nonnegative(),
  /** Whether it names a remote-signer key of its own. */
  ownKey: z.boolean(),
  /** Whether it names the key of its account itself. */
  userKey: z.boolean(),
  createdAt: time,
  expiresAt: time,
  /** The app that used it. */
  spentBy: hex32.nullable(),
});

/** A remote-signer key of its own, by which the app cannot be linked with others; where nothing is said, as the host was started. */
const ownKey = z.boolean().optional();

export const newSecret = z.strictObject({
  name: z.string().max(bridgeLimits.nameMax).default(''),
  account: account.default(0),
  /** As NIP-46 writes permissions: `sign_event:1,nip44_decrypt`. */
  perms: z
    .string()
    .max(bridgeLimits.permsMax)
    .default('')
    .refine((perms) => strangePermission(perms) === null, 'a permission looks like sign_event:1 or nip44_decrypt'),
  /** How long the line may be used: a minute to ninety days. */
  minutes: z
    .number()
    .int()
    .min(1)
    .max(lineMinutesMax)
    .default(24 * 60),
  ownKey,
  /** For an app of early 2024: the line names the key of the account itself, which has to be one that answers. */
  userKey: z.boolean().default(false),
});

export const introduction = z.strictObject({
  /** The `nostrconnect://` line that the app shows. */
  uri: z.string().max(8_192),
  account: account.default(0),
  /** What the user calls the app; empty: what it calls itself. */
  name: z.string().max(bridgeLimits.nameMax).default(''),
  ownKey,
});

const grantLimits = {
  verdict: z.enum(['allow', 'deny']).default('allow'),
  method: z.enum(grantMethods),
  /** Of sign_event only. */
  kind: kind.nullable().default(null),
  /** Of the others; null is everybody but the account itself. */
  peer: hex32.nullable().default(null),
  uses: z.number().int().min(1).max(65_535).nullable().default(null),
  perMinute: z.number().int().min(1).max(65_535).nullable().default(null),
  /** Until the device is locked. */
  session: z.boolean().default(false),
  ms: z.number().int().min(1).max(limits.grantMsMax).nullable().default(null),
};

export const grant = z.object({ id: z.number().int(), ...grantLimits });
export const grants = z.object({ grants: z.array(grant) });
export const proposal = z.strictObject({ grants: z.array(z.strictObject(grantLimits)).min(1).max(limits.listMax) });
export const given = z.object({ given: z.array(z.boolean()) });
export const byGrant = z.strictObject({ client: hex32, number: z.coerce.number().int().min(0).max(65_535) });

/** An event without id and signature; what lacks (`created_at`, `tags`) is filled. */
export const toSign = z.strictObject({
  event: z.record(z.string(), z.unknown()),
  account: account.default(0),
});
export const signed = z.object({
  event: z.object({
    id: hex32,
    pubkey: hex32,
    created_at: z.number().int(),
    kind,
    tags: z.array(z.array(z.string())),
    content: z.string(),
    sig: z.string(),
  }),
});

export const relay = z.object({
  url: z.string(),
  /** Whether everybody is heard there, or only the apps that brought it or are there still. */
  own: z.boolean(),
  state: z.string(),
  reason: z.string().nullable(),
  /** Answers that wait for it. */
  queued: z.number().int(),
  connectedAt: time.nullable(),
  /** The last request that it delivered. */
  lastEventAt: time.nullable(),
  /** How long the last event to ourselves was on its way. */
  roundTripMs: ms,
  /** How often it refused what was published or asked for, and its last words about that. */
  refused: z.number().int(),
  refusal: z.string().nullable(),
  rateLimited: z.number().int(),
  /** NIP-42 on this connection. */
  auth: z.enum(['unasked', 'asked', 'accepted', 'rejected']).nullable(),
  /** Its last notice. */
  notice: z.string().nullable(),
});

export const activityRow = z.object({
  id: z.number().int().positive(),
  at: time,
  client: z.string(),
  app: z.string(),
  paired: z.boolean(),
  method: z.string(),
  kind: kind.nullable(),
  outcome: z.string(),
  why: z.string(),
  ms: z.object({ relay: ms, queue: ms, device: ms, total: ms }),
});

export const activityQuery = z.strictObject({
  client: hex32.optional(),
  kind: inQuery.max(65_535).optional(),
  method: z.string().max(64).optional(),
  /** Part of a word: of the app's name, the method, the outcome or the reason; large and small ASCII letters are the same. */
  text: z.string().max(128).optional(),
  outcome: z.string().max(64).optional(),
  since: inQuery.optional(),
  until: inQuery.optional(),
  before: inQuery.optional(),
  limit: inQuery.min(1).max(1_000).optional(),
});

export const activityPage = z.object({ rows: z.array(activityRow), next: z.number().int().nullable() });

export const check = z.object({ about: z.string(), passed: z.boolean(), why: z.string() });

export const question = z.strictObject({
  client: hex32,
  method: methodOf(askedMethods),
  kind: kind.nullable().default(null),
});

/** `ask`: it would go to the device, which decides. */
export const judgement = z.object({ answer: z.enum(['refuse', 'host', 'ask']), checks: z.array(check) });

/** How long a pause is; null: until somebody resumes. */
export const pauseFor = z.strictObject({
  minutes: z.number().int().min(1).max(pauseMinutesMax).nullable().default(null),
});

export const status = z.object({
  version: z.string(),
  startedAt: time,
  now: time,
  remoteSigner: hex32,
  killedAt: time.nullable(),
  pause: pause.nullable(),
  apps: z.number().int(),
  openRequests: z.number().int(),
  device,
  relays: z.array(relay),
  /** Whether the dashboard is served; `unbuilt`: without its page, since nobody built that. */
  dashboard: z.enum(['open', 'unbuilt', 'off']),
  /** The pages, where there are any; `waiting`: strangers for whom nobody has come yet. */
  web: z.object({ url: z.string(), logins: z.boolean(), waiting: z.number().int() }).nullable(),
  /** What was dropped without a word, by reason. */
  drops: z.record(z.string(), z.number().int()),
});

export const newRelay = z.strictObject({ url: z.string().max(1_024) });
/** `atOnce`: apps that are there still are not waited for; they may not find this signer again. */
export const byRelay = z.strictObject({ url: z.string().max(1_024), atOnce: z.enum(['yes', 'no']).default('no') });

export const rules = z.object({ rules: z.array(rule) });
export const apps = z.object({ apps: z.array(app) });
export const secrets = z.object({ secrets: z.array(secret) });
export const relays = z.object({ relays: z.array(relay) });
export const line = z.object({
  uri: z.string(),
  /** The same for apps that read only `npub…#secret?relay=`. */
  oldToken: z.string(),
  id: z.string(),
  expiresAt: time,
});
export const address = z.object({ url: z.string() });
export const done = z.object({ done: z.literal(true) });
export const byClient = z.strictObject({ client: hex32 });
export const bySecret = z.strictObject({ id: z.string().regex(/^[0-9a-f]{8,64}$/) });
export const byNumber = z.strictObject({ number: z.coerce.number().int().positive() });
export const diagnostics = z.object({
  status,
  node: z.string(),
  platform: z.string(),
  apps: z.array(app),
  narrowing: z.object({ killedAt: time.nullable(), paused: z.array(z.string()), rules: z.array(rule) }),
  activity: z.array(activityRow),
});
