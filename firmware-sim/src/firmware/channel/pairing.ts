/**
 * Pairing on the device: from the commitment to the computer in the list.
 *
 *     (none) ──pair──▶ committed ──pair_reveal──▶ comparing ──yes here and yes there──▶ (none), paired
 *                                                    └─ no, time-out, end of the session ──▶ refused or (none)
 *
 * Promises: a computer gets into the list only when the human held yes on the screen that showed the code, by a press that
 * began after it was drawn, and the computer said yes too; it is in flash before it is told so. Attempts are few and get rarer. A locked
 * device is paired with nobody: whoever holds it without its PIN must not leave a computer of theirs behind.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { type DeviceError, limits, pairingCode, pairingCommitment, type Request } from '@sallyport/device-protocol';
import { screenTaken } from '../flows/flow.ts';
import { holdMs } from '../jobs/reviewing.ts';
import { appendLog } from '../logging.ts';
import { type FirmwareState, say, show, type Turn } from '../turn.ts';
import { withHost, writeHosts } from './hosts.ts';

export type Pairing =
  | { readonly step: 'committed'; readonly name: string; readonly random: Uint8Array }
  | {
      readonly step: 'comparing';
      readonly name: string;
      readonly code: string;
      readonly drawnAt: number;
      readonly deadline: number;
      /** The human said yes on the device. */
      readonly yes: boolean;
      /** The pair_confirm that waits for it: the human said yes at the computer. */
      readonly confirm: number | null;
    }
  /** It ended before the computer confirmed: this is what it will be told. */
  | { readonly step: 'refused'; readonly error: DeviceError };

/** How often a pairing was begun since the start or the last success, and from when the next may be. */
export type PairingTries = { readonly count: number; readonly notBefore: number };

/** How long the outcome stays on the screen, and how long at least before something else is asked. */
const outcomeMs = 1_500;
const outcomeMinMs = 400;

const armMs = 300;

/** Whether the screen is taken by a code: no request is put there meanwhile. */
export function isComparing({ pairing }: FirmwareState): boolean {
  return pairing?.step === 'comparing';
}

/** When a pairing that nobody answers ends. */
export function pairingDeadline({ pairing }: FirmwareState): number | null {
  return pairing?.step === 'comparing' ? pairing.deadline : null;
}

/** Begins: the device commits to its random. */
export function takePair(turn: Turn, { id, command, body }: Request<'pair'>): void {
  const { channel, jobs, life, pairingTries } = turn.state;
  const refuse = (error: DeviceError, detail = ''): void => say(turn, { type: 'error', id, command, error, detail });
  if (channel.phase !== 'sealed') return refuse('invalid_params', 'sealed sessions only');
  if (life.phase === 'locked') return refuse('locked');
  if (life.phase === 'unreadable') return refuse('storage');
  if (screenTaken(turn.state) || jobs.length > 0) return refuse('busy');
  if (turn.now < pairingTries.notBefore) return refuse('rate_limited');
  const count = pairingTries.count + 1;
  const pause = Math.min(limits.pairingPauseMs * 2 ** (count - limits.pairingTries), limits.pairingPauseMaxMs);
  const notBefore = count < limits.pairingTries ? 0 : turn.now + pause;
  const random = turn.env.random(32);
  turn.state = {
    ...turn.state,
    pairingTries: { count, notBefore },
    pairing: { step: 'committed', name: body.name, random },
  };
  say(turn, { type: 'reply', id, command, body: { commitment: pairingCommitment(channel.hash, random) } });
}

/** The computer's random is there: the device reveals its own and shows the code. */
export function takeReveal(turn: Turn, { id, command, body }: Request<'pair_reveal'>): void {
  const { channel, pairing } = turn.state;
  if (channel.phase !== 'sealed' || pairing?.step !== 'committed') {
    return say(turn, { type: 'error', id, command, error: 'invalid_params', detail: 'no pairing was begun' });
  }
  const { name, random } = pairing;
  if (turn.state.jobs.length > 0 || screenTaken(turn.state)) {
    turn.state = { ...turn.state, pairing: null };
    return say(turn, { type: 'error', id, command, error: 'busy' });
  }
  const code = pairingCode(channel.hash, random, body.random);
  const deadline = turn.now + limits.pairingMs;
  const comparing = {
    step: 'comparing',
    name,
    code,
    drawnAt: armedAt(turn),
    deadline,
    yes: false,
    confirm: null,
  } as const;
  turn.state = { ...turn.state, pairing: comparing, outcomeUntil: null };
  present(turn);
  say(turn, { type: 'reply', id, command, body: { random } });
}

/** As with a request: a press that was on its way to something else must not meet the code. */
function armedAt({ state, now }: Turn): number {
  return state.marks.autoPress ? now : now + armMs;
}

/** What the human said at the computer. */
export function takeConfirm(turn: Turn, { id, command, body }: Request<'pair_confirm'>): void {
  const { pairing } = turn.state;
  const refuse = (error: DeviceError): void => say(turn, { type: 'error', id, command, error });
  if (pairing?.step === 'refused') {
    turn.state = { ...turn.state, pairing: null };
    return refuse(pairing.error);
  }
  if (pairing?.step !== 'comparing' || pairing.confirm !== null) return refuse('invalid_params');
  if (!body.yes) {
    over(turn, 'cancelled');
    turn.state = { ...turn.state, pairing: null };
    return refuse('cancelled');
  }
  turn.state = { ...turn.state, pairing: { ...pairing, confirm: id } };
  settle(turn);
}

/** A key of the board while the code is on the screen. */
export function pressWhilePairing(turn: Turn, key: 'approve' | 'deny' | 'next' | 'back', at: number): void {
  const { pairing } = turn.state;
  if (pairing?.step !== 'comparing') return;
  if (key === 'deny') return refuseBoth(turn, 'denied');
  // A press that began before the code was drawn was meant for something else; one in passing says nothing of the digits.
  if (key !== 'approve' || at < pairing.drawnAt || turn.now - at < holdMs || pairing.yes) return;
  turn.state = { ...turn.state, pairing: { ...pairing, yes: true } };
  present(turn);
  settle(turn);
}

/** What time brings. */
export function tickPairing(turn: Turn): void {
  const due = pairingDeadline(turn.state);
  if (due !== null && turn.now >= due) refuseBoth(turn, 'timed_out');
}

/** The session of the pairing is gone. */
export function endPairing(turn: Turn): void {
  if (isComparing(turn.state)) over(turn, 'cancelled');
  turn.state = { ...turn.state, pairing: null };
}

/** Both said yes: the list is written first, then the computer hears of it. */
function settle(turn: Turn): void {
  const { pairing, channel, identity } = turn.state;
  if (pairing?.step !== 'comparing' || !pairing.yes || pairing.confirm === null || channel.phase !== 'sealed') return;
  const hosts = withHost(identity.hosts, { key: channel.host, name: pairing.name });
  appendLog(turn, { event: 'computer_paired', who: channel.host });
  writeHosts(turn.env, hosts);
  over(turn, 'paired');
  const pairingTries = { count: 0, notBefore: 0 };
  turn.state = { ...turn.state, identity: { ...identity, hosts }, pairing: null, pairingTries };
  say(turn, { type: 'reply', id: pairing.confirm, command: 'pair_confirm', body: {} });
}

function refuseBoth(turn: Turn, error: 'denied' | 'timed_out'): void {
  const { pairing } = turn.state;
  if (pairing?.step !== 'comparing') return;
  over(turn, error);
  const { confirm } = pairing;
  turn.state = { ...turn.state, pairing: confirm === null ? { step: 'refused', error } : null };
  if (confirm !== null) say(turn, { type: 'error', id: confirm, command: 'pair_confirm', error });
}

function present(turn: Turn): void {
  const { pairing, channel, identity } = turn.state;
  if (pairing?.step !== 'comparing' || channel.phase !== 'sealed') return;
  const { name, code, yes } = pairing;
  const kept = withHost(identity.hosts, { key: channel.host, name });
  const dropped = identity.hosts.find(({ key }) => !kept.some((one) => bytesToHex(one.key) === bytesToHex(key)));
  show(turn, { type: 'pairing', name, code, replaces: dropped?.name ?? null, waiting: yes });
}

function over(turn: Turn, outcome: 'paired' | 'denied' | 'timed_out' | 'cancelled'): void {
  turn.state = { ...turn.state, outcomeUntil: turn.now + outcomeMs, nextPromptAt: turn.now + outcomeMinMs };
  show(turn, { type: 'result', title: 'Pair a computer', outcome });
}
