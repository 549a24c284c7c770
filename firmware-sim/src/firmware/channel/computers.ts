/** Forgets a paired computer: its entry in flash, and what it has open. What it asked while it was known is not done for it afterwards. */
import { bytesToHex } from '@noble/hashes/utils.js';
import { dropFlowOf } from '../flows/flow.ts';
import { end } from '../jobs/ending.ts';
import { forgetWhere, hostOf } from '../jobs/results.ts';
import { appendLog } from '../logging.ts';
import type { Turn } from '../turn.ts';
import { withoutHost, writeHosts } from './hosts.ts';

/** Without effect when the computer is not known. */
export function forgetComputer(turn: Turn, key: Uint8Array): void {
  const kept = withoutHost(turn.state.identity.hosts, key);
  if (kept.length === turn.state.identity.hosts.length) return;
  appendLog(turn, { event: 'computer_revoked', who: key });
  writeHosts(turn.env, kept);
  turn.state = { ...turn.state, identity: { ...turn.state.identity, hosts: kept } };
  const host = bytesToHex(key);
  for (const { id } of turn.state.jobs.filter(({ request }) => request.computer.host === host)) {
    // One may have ended with another one.
    const job = turn.state.jobs.find((one) => one.id === id);
    if (job !== undefined) end(turn, job, 'not_paired');
  }
  dropFlowOf(turn, host);
  forgetWhere(turn, (ended) => hostOf(ended) === host);
}
