/** Whose a flow is: the device's own, or a computer's, which is told how it ended, and may claim it after a glitch as it may a job. */
import type { Message } from '@sallyport/device-protocol';
import { computerOf } from '../channel/session.ts';
import { recordFlowEnd } from '../jobs/results.ts';
import { type FirmwareState, say, type Turn } from '../turn.ts';

const makes = ['account_create', 'account_derive', 'account_import'] as const;
const does = [
  ...(['unlock', 'wipe', 'rename_device', 'backup_check'] as const),
  ...(['account_rename', 'account_remove', 'account_address'] as const),
] as const;
/** The commands whose answer is the end of a flow. */
export type FlowCommand = (typeof makes)[number] | (typeof does)[number];

export type Owner =
  | { readonly by: 'device' }
  | {
      readonly by: 'computer';
      readonly host: string;
      readonly id: number;
      readonly command: FlowCommand;
      /** After a new link session: until when the computer must claim it by get_result. Null while it is claimed. */
      readonly claimBy: number | null;
    };
export type ComputersOwn = Owner & { by: 'computer' };

/** The answer to the request: kept for get_result, as that of a job is, and said to whoever asked and is there. */
export function answer(turn: Turn, owner: ComputersOwn, message: Message): void {
  recordFlowEnd(turn, owner.id, owner.host, message);
  tellOwner(turn, owner, message);
}

export function tellOwner(turn: Turn, owner: ComputersOwn, message: Message): void {
  if (owner.claimBy === null && isAskedBy(turn.state, owner, owner.id)) say(turn, message);
}

/** Whether the computer that speaks asked for it, under this id. */
export function isAskedBy(state: FirmwareState, owner: ComputersOwn, id: number): boolean {
  return owner.id === id && state.channel.phase !== 'closed' && computerOf(state).host === owner.host;
}

/** When a claim of it is over. */
export function claimOf(owner: Owner): readonly number[] {
  return owner.by === 'computer' && owner.claimBy !== null ? [owner.claimBy] : [];
}

export function isMaking(command: FlowCommand): command is (typeof makes)[number] {
  return makes.some((one) => one === command);
}
