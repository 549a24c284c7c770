/** What the icon in the panel knows of the host: the parts of its control API that it shows. */

/** The parts of `GET /v0/status` that count here; times are ms Unix time. */
export type StatusSeen = {
  readonly killedAt: number | null;
  readonly pause: Pause | null;
  readonly device: {
    readonly state: string;
    readonly channel: string | null;
    /** A pairing with this computer; `code` while its digits are to be compared. */
    readonly pairing: { readonly state: string } | null;
  };
  readonly relays: readonly { readonly state: string }[];
  /** `waiting`: strangers for whom nobody has come to the pages yet. */
  readonly web: { readonly waiting: number } | null;
};

export type Pause = { readonly until: number | null };

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

/** Whether this pause still holds. */
export function isPaused(pause: Pause | null, now: number): pause is Pause {
  return pause !== null && (pause.until === null || pause.until > now);
}
