/** What the icon in the panel knows of the host: the parts of its control API that it shows. */
import type { OverallSeen } from '../overall.ts';

/** The parts of `GET /v0/status` that count here; times are ms Unix time. */
export type StatusSeen = OverallSeen & {
  /** `waiting`: strangers for whom nobody has come to the pages yet. */
  readonly web: { readonly waiting: number } | null;
};

type Pause = { readonly until: number | null };

/** A request that is open; its number is never given to another one. */
export type RequestSeen = {
  readonly number: number;
  readonly app: string;
  /** What it asks, in a few plain words, as "sign a note". */
  readonly asks: string;
};

export type AppSeen = { readonly client: string; readonly name: string; readonly pause: Pause | null };

export type HostSeen = {
  readonly status: StatusSeen;
  readonly requests: readonly RequestSeen[];
  readonly apps: readonly AppSeen[];
};
