/** What a human had a part in: such an ending is remembered, and such a request is never asked again. */
import type { Refusal, RefusalCode } from '../nip46/refusal.ts';
import type { OpenRequest } from './bridge-state.ts';

/** Whether a human is asked: the key alone is told without asking anybody. */
export function asksHuman({ wants }: OpenRequest): boolean {
  return wants.type !== 'public_key' && wants.type !== 'account';
}

/** Whether a human may have seen a request that ended so. `isOurs`: the bridge ended it, and no rule of the user. */
export function mayHaveBeenSeen(open: OpenRequest, refusal: Refusal, isOurs: boolean): boolean {
  if (!asksHuman(open) || unasked.has(refusal.code)) return false;
  // Of what the bridge ends by itself only that was seen which the device had.
  return open.sentAt !== null || !(isOurs || byUser.has(refusal.code));
}

/** With these the user's own rules ended it. */
const byUser: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['paused', 'narrowed']);

/** With these the device side says that it asked nobody. */
const unasked: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'device_absent',
  'busy',
  'locked',
  'not_set_up',
  'not_paired',
  'unauthenticated',
  'unknown_account',
  'not_announced',
  'forbidden',
  'full',
  'rate_limited',
  'wrong_state',
]);
