/**
 * Apps that are to be paired, and grants that are proposed: which questions that makes, and what a yes to each of them writes down.
 *
 *     pair ──yes──▶ written down ──▶ one wish after the other ──▶ answered: so many grants
 *
 * Promises: nothing is paired or given without a press on the screen that showed it; it is in flash before anybody hears of it; a pairing
 * gives nothing by itself. Questions that nobody asked for are few, and get rarer.
 */
import { type DeviceError, limits, type RequestOf } from '@sallyport/device-protocol';
import { logGiven, logPaired, logReplaced } from '../decision-log.ts';
import { secretOf, whyNotAddressed } from '../jobs/addressed.ts';
import { type Approval, takeApproval } from '../jobs/approval.ts';
import { end, finish } from '../jobs/ending.ts';
import type { Wanted } from '../jobs/envelope.ts';
import type { Job } from '../jobs/job.ts';
import type { NewPairing, Prompt } from '../jobs/prompt.ts';
import type { BareRequest, Read, SignedRequest } from '../jobs/request.ts';
import { type Account, askerOf, isImported } from '../life/account.ts';
import { ringOf } from '../policy/client-record.ts';
import {
  type ClientRecord,
  type Clients,
  findClient,
  leastUsed,
  listed,
  pairClient,
  revokeClient,
} from '../policy/clients.ts';
import { sameBytes } from '../policy/grant.ts';
import { giveGrant, grantOfBody, grantOfWish, type NewGrant } from '../policy/grants.ts';
import { readPerms } from '../policy/perms.ts';
import { freshnessIn } from '../policy/ring.ts';
import type { Asker } from '../screen/review.ts';
import { accountOf, askHuman, type FirmwareState, type Turn } from '../turn.ts';
import { type Apps, appsOf, setClients } from './apps.ts';

/** How often an app was put before the human since the last one was taken, and from when the next may be; until when one is expected. */
export type AppTries = { readonly count: number; readonly notBefore: number; readonly expectedUntil: number };

export const noAppTries: AppTries = { count: 0, notBefore: 0, expectedUntil: 0 };

/** How long the device expects an app after the human opened “Pair an app”: time to paste a line on a telephone. */
export const expectAppMs = 300_000;

/** The human opened “Pair an app” on the device. */
export function expectApp(turn: Turn): void {
  const expectedUntil = turn.now + expectAppMs;
  turn.state = { ...turn.state, appTries: { ...noAppTries, expectedUntil } };
}

/** Why a request of an app, or about one, is not even read. */
export function whyNoApp(
  state: FirmwareState,
  request: SignedRequest | BareRequest,
  now: number,
  remoteSigner: Uint8Array | null,
): DeviceError | null {
  const apps = appsOf(state);
  if (apps === null) return 'locked';
  const { command, body } = request;
  if (command === 'client_connect' || command === 'client_introduce') {
    if (command === 'client_connect' && remoteSigner === null) return 'unauthenticated';
    const { expectedUntil, notBefore } = state.appTries;
    if (!body.announced && now >= expectedUntil) return 'not_announced';
    return now < notBefore ? 'rate_limited' : null;
  }
  if (command === 'user_request') return whyNotHere(state, apps, body, now, remoteSigner);
  const key = command === 'grants_propose' ? body.remoteSigner : remoteSigner;
  if (key === null) return 'unauthenticated';
  const record = findClient(apps.clients, body.client, key);
  if (record === null || record.state === 'revoked') return 'unknown_client';
  return command === 'nip46_request' && record.account !== body.account ? 'unauthenticated' : null;
}

/** The same of what is addressed to the user key: a stranger is heard only while one is expected. */
function whyNotHere(
  state: FirmwareState,
  { clients }: Apps,
  body: RequestOf<'user_request'>,
  now: number,
  to: Uint8Array | null,
): DeviceError | null {
  const closed = whyNotAddressed(state, body.account, to);
  if (closed !== null || to === null) return closed;
  if (isPaired(clients, body.client, to)) return null;
  const { expectedUntil, notBefore } = state.appTries;
  if (!body.announced && body.secrets.length === 0 && now >= expectedUntil) return 'unknown_client';
  return now < notBefore ? 'rate_limited' : null;
}

/** Why one that is not paired, and was verified, is not put before the human; null: it came as it should. */
export function whyNoNewcomer(
  { appTries }: FirmwareState,
  { announced, secrets }: RequestOf<'user_request'>,
  wanted: Wanted,
  now: number,
): DeviceError | null {
  if (wanted.type !== 'connect') return 'unknown_client';
  if (announced || now < appTries.expectedUntil) return null;
  const secret = secretOf(wanted);
  return secret !== null && secrets.some((one) => sameBytes(one, secret)) ? null : 'not_announced';
}

export function isPaired(clients: Clients, client: Uint8Array, remoteSigner: Uint8Array): boolean {
  return findClient(clients, client, remoteSigner)?.state === 'paired';
}

/** An app that signed its `connect`. */
export function askToConnect(
  turn: Turn,
  job: Job,
  apps: Apps,
  account: Account,
  { envelope, wanted }: Read & { readonly type: 'app' },
): void {
  const { command, body } = job.request;
  if (command !== 'client_connect' && command !== 'user_request') throw new Error('not a connect');
  if (wanted.type === 'refused' && wanted.error === 'unauthenticated') return end(turn, job, 'unauthenticated');
  const { client, remoteSigner, createdAt, eventId: id } = envelope;
  const known = findClient(apps.clients, client, remoteSigner);
  if (known !== null && known.state !== 'damaged') {
    const fresh = freshnessIn(apps.store, ringOf(known), known.closed, createdAt, id);
    if (fresh !== 'fresh' && fresh !== 'damaged') return end(turn, job, 'replayed');
  }
  if (wanted.type !== 'connect') return end(turn, job, 'invalid_params');
  const told = { client, remoteSigner, account: body.account, name: wanted.name, createdAt, id };
  askToPair(turn, job, apps, account, told, wanted.perms);
}

/** An app that the computer speaks for. */
export function askForNewApp(turn: Turn, job: Job, apps: Apps, body: RequestOf<'client_introduce'>): void {
  const account = accountOf(turn.state, body.account);
  if (typeof account === 'string') return end(turn, job, account);
  const { client, remoteSigner, name, createdAt, perms } = body;
  askToPair(
    turn,
    job,
    apps,
    account,
    { client, remoteSigner, account: body.account, name, createdAt, id: null },
    perms,
  );
}

function askToPair(
  turn: Turn,
  job: Job,
  { clients }: Apps,
  account: Account,
  told: Omit<NewPairing, 'wishes' | 'replaces'>,
  perms: string,
): void {
  const { wanted, everyKind } = readPerms(perms);
  const wishes = wanted.map(grantOfWish);
  const known = findClient(clients, told.client, told.remoteSigner);
  const full = (known === null || known.state === 'revoked') && listed(clients).length >= clients.max;
  const replaces = full ? leastUsed(clients) : null;
  // Each question that nobody agreed to makes the next one wait longer.
  const { appTries } = turn.state;
  // Those that came together were all let in before the first of them was counted.
  if (turn.now < appTries.notBefore) return end(turn, job, 'rate_limited');
  const count = appTries.count + 1;
  const pause = Math.min(limits.pairingPauseMs * 2 ** (count - limits.pairingTries), limits.pairingPauseMaxMs);
  const notBefore = count < limits.pairingTries ? 0 : turn.now + pause;
  turn.state = { ...turn.state, appTries: { ...appTries, count, notBefore } };
  askHuman(turn, job, {
    about: 'pair',
    app: {
      name: told.name,
      by: told.id === null ? 'computer' : 'app',
      client: told.client,
      account: { name: account.name, pubkey: account.pubkey, imported: isImported(account) },
      wishes: wishes.length,
      everyKind,
      replaces: replaces?.name ?? null,
      again: known !== null,
    },
    wanted: { ...told, wishes, replaces },
  });
}

/** Grants that the computer proposes for an app. */
export function askToGive(turn: Turn, job: Job, apps: Apps, body: RequestOf<'grants_propose'>): void {
  const record = findClient(apps.clients, body.client, body.remoteSigner);
  if (record === null || record.state === 'revoked') return end(turn, job, 'unknown_client');
  const grants = body.grants.map(grantOfBody);
  const whole = grants.filter((grant) => grant !== null);
  if (whole.length !== grants.length) return end(turn, job, 'invalid_params');
  askAboutGrants(turn, job, record, 'computer', [], whole);
}

/** The next grant to be asked about, or the end of them. */
function askAboutGrants(
  turn: Turn,
  job: Job,
  record: ClientRecord,
  by: 'app' | 'computer',
  given: readonly boolean[],
  [grant, ...rest]: readonly NewGrant[],
): void {
  const account = accountOf(turn.state, record.account);
  if (typeof account === 'string') return end(turn, job, account);
  if (grant !== undefined) {
    const asker: Asker = { ...askerOf(account), label: record.name, by };
    return askHuman(turn, job, { about: 'grant', asker, record, grant, given, rest });
  }
  if (job.request.command === 'grants_propose') return finish(turn, job, { type: 'given', given });
  finish(turn, job, { type: 'paired', granted: given.filter((one) => one).length });
}

/** The human said yes to a pairing: it is written, and its wishes are asked about. */
export function pairNow(turn: Turn, job: Job, approval: Approval<Prompt & { readonly about: 'pair' }>): void {
  const apps = appsOf(turn.state);
  if (!takeApproval(approval)) throw new Error('pairing without an approval');
  if (apps === null) return end(turn, job, 'locked');
  const { wishes, replaces, ...told } = approval.prompt.wanted;
  let clients: Clients = apps.clients;
  if (replaces !== null) {
    logReplaced(turn, replaces);
    clients = revokeClient(clients, apps.store, replaces.client, replaces.remoteSigner);
  }
  const paired = pairClient(clients, apps.store, told);
  if (typeof paired === 'string') {
    setClients(turn, clients);
    return end(turn, job, notPaired[paired]);
  }
  setClients(turn, paired);
  turn.state = { ...turn.state, appTries: noAppTries };
  logPaired(turn, approval.prompt.wanted);
  const record = findClient(paired, told.client, told.remoteSigner);
  if (record === null) throw new Error('an app that was paired is not there');
  askAboutGrants(turn, job, record, told.id === null ? 'computer' : 'app', [], wishes);
}

const notPaired = {
  full: 'full',
  replayed: 'replayed',
  misdated: 'invalid_params',
  damaged: 'storage',
} as const satisfies Readonly<Record<Extract<ReturnType<typeof pairClient>, string>, DeviceError>>;

/** The human said yes to a grant: it is written, and the next one is asked about. */
export function giveNow(turn: Turn, job: Job, approval: Approval<Prompt & { readonly about: 'grant' }>): void {
  const apps = appsOf(turn.state);
  if (!takeApproval(approval)) throw new Error('giving without an approval');
  if (apps === null) return end(turn, job, 'locked');
  const { record, grant, given, rest, asker } = approval.prompt;
  const after = giveGrant(apps.clients, apps.store, record, grant, turn.now, null);
  if (typeof after !== 'string') {
    setClients(turn, after);
    logGiven(turn, record, grant, grant.verdict);
  }
  askAboutGrants(
    turn,
    job,
    record,
    asker.by === 'app' ? 'app' : 'computer',
    [...given, typeof after !== 'string'],
    rest,
  );
}

/** The human said no to a grant: the next one is asked about. */
export function leaveGrant(
  turn: Turn,
  job: Job,
  { record, given, rest, asker }: Prompt & { readonly about: 'grant' },
): void {
  askAboutGrants(turn, job, record, asker.by === 'app' ? 'app' : 'computer', [...given, false], rest);
}
