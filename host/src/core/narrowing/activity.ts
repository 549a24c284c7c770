/**
 * The activity log as values: what a row says, and what can be asked of the log. One row a request that ended. It holds no text of
 * anybody, no key but public ones, and no one-time secret.
 */

/** What came of a request. `ms` are the stages of its way, null where there was none. Times are ms Unix time. */
export type Activity = {
  readonly at: number;
  readonly client: string;
  /** What the app is called, as far as it said so; empty for a stranger. */
  readonly app: string;
  /** Whether the client was paired when it asked: strangers have a small log of their own. */
  readonly paired: boolean;
  readonly method: string;
  readonly kind: number | null;
  readonly outcome: string;
  /** In words: why it came to that. */
  readonly why: string;
  readonly ms: StageMs;
};

/**
 * The stages of a request. `relay`: from the app's clock to its arrival here, so it is no better than that clock. `queue`: from
 * there until the device had it. `device`: until its answer was here: serial line, human, signing.
 */
export type StageMs = {
  readonly relay: number | null;
  readonly queue: number | null;
  readonly device: number | null;
  readonly total: number | null;
};

/** A row of the log: its number is for ever, and grows. */
export type ActivityRow = Activity & { readonly id: number };

/** What is looked for; what is absent does not narrow. `before` is the number after the page: pages go from new to old. */
export type ActivityQuery = {
  readonly client?: string;
  readonly kind?: number;
  readonly method?: string;
  readonly outcome?: string;
  /** Part of any of its words. */
  readonly text?: string;
  /** From this time on, and up to that one; ms Unix time, both included. */
  readonly since?: number;
  readonly until?: number;
  readonly before?: number;
  readonly limit?: number;
};

/** A page, newest first, and where the next one begins; null when there is none. */
export type ActivityPage = { readonly rows: readonly ActivityRow[]; readonly next: number | null };

export const activityLimits = {
  /** Rows that one page has when nothing is said, and at most. */
  pageRows: 50,
  pageRowsMax: 1_000,
  /** Rows that are kept: years of one person, about 100 MB. */
  rowsMax: 1_000_000,
  /** Of strangers: twenty of them a second are read (bridge-limits.ts), and may push out nobody's history. */
  strangerRowsMax: 5_000,
  /** How long rows are kept. */
  daysMax: 730,
  /** A reason is a sentence or two. */
  whyChars: 500,
} as const;
