/**
 * How everything is, in one word: the most pressing thing. The page and the icon in the panel say it in words of their own, and never two
 * different things.
 */

/** The parts of `GET /v0/status` that count here; times are ms Unix time. */
export type OverallSeen = {
  readonly killedAt: number | null;
  readonly pause: { readonly until: number | null } | null;
  readonly device: {
    readonly state: string;
    readonly channel: string | null;
    /** A pairing with this computer; `code` while its digits are to be compared. */
    readonly pairing: { readonly state: string } | null;
  };
  readonly relays: readonly { readonly state: string }[];
};

export type Overall = 'killed' | 'paused' | DeviceTrouble | 'noRelay' | 'waiting' | 'ready';

type DeviceTrouble =
  | 'absent'
  | 'greeting'
  | 'refused'
  | 'incompatible'
  | 'unreadable'
  | 'locked'
  | 'comparing'
  | 'unpaired'
  | 'fresh';

/** `waiting`: how many requests wait for the human. */
export function overallOf(status: OverallSeen, waiting: number, now: number): Overall {
  if (status.killedAt !== null) return 'killed';
  if (isPaused(status.pause, now)) return 'paused';
  const trouble = deviceTrouble(status.device);
  if (trouble !== null) return trouble;
  if (!status.relays.some(({ state }) => state === 'listening')) return 'noRelay';
  return waiting > 0 ? 'waiting' : 'ready';
}

/** Whether this pause still holds. */
export function isPaused<Pause extends OverallSeen['pause']>(pause: Pause, now: number): pause is NonNullable<Pause> {
  return pause !== null && (pause.until === null || pause.until > now);
}

/** Null: it is there and open. */
function deviceTrouble({ state, channel, pairing }: OverallSeen['device']): DeviceTrouble | null {
  if (pairing?.state === 'code') return 'comparing';
  switch (state) {
    case 'absent':
    case 'greeting':
    case 'refused':
    case 'incompatible':
    case 'unreadable':
    case 'locked':
      return state;
    case 'unlocking':
      return 'locked';
  }
  // Whoever does not know whether it is their device has nothing to do on it yet.
  if (channel === 'unpaired') return 'unpaired';
  return state === 'fresh' ? 'fresh' : null;
}
