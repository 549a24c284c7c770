/** What the bridge drops without a word: counted by reason, never logged one by one, so that a flood is cheap. */
import type { BridgeState } from './bridge-state.ts';

/** Why an event or a device answer was dropped without a word. Dropping is counted, never logged one by one: floods are cheap. */
export type DropReason =
  | 'oversized'
  | 'seen'
  | 'stale' // created_at of a stranger is too far from our clock, of an app more than a day
  | 'misaddressed' // another kind, or not our key; of a stranger also two `p` tags
  | 'flooded' // beyond the budget
  | 'forged' // id or signature does not hold
  | 'undecryptable'
  | 'senseless' // a stranger's text that is no request
  | 'late'; // a device answer for a request that has ended

export type Drops = Readonly<Record<DropReason, number>>;

export const noDrops: Drops = {
  oversized: 0,
  seen: 0,
  stale: 0,
  misaddressed: 0,
  flooded: 0,
  forged: 0,
  undecryptable: 0,
  senseless: 0,
  late: 0,
};

/** Counts a drop; nothing else changes. */
export function drop(state: BridgeState, reason: DropReason): BridgeState {
  return { ...state, drops: { ...state.drops, [reason]: state.drops[reason] + 1 } };
}
