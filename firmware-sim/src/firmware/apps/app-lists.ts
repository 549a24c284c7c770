/**
 * What a paired computer may know of the apps and take away from them, without a press: the lists, a revocation, a grant. Nothing here
 * gives anything. The lists on the device itself do the same by policy/clients.ts and policy/grants.ts, and a human there may take deny
 * rules back too.
 */
import type { Command, DeviceError, Request } from '@sallyport/device-protocol';
import { computerOf } from '../channel/session.ts';
import { appendLog } from '../logging.ts';
import { type ClientRecord, findClient, revokeClient } from '../policy/clients.ts';
import { revokeGrant } from '../policy/grants.ts';
import { clientsPage, grantsPage } from '../policy/pages.ts';
import { accountOf, say, type Turn } from '../turn.ts';
import { type Apps, appsOf, setClients } from './apps.ts';

export function listClients(turn: Turn, { id, command, body }: Request<'clients'>): void {
  const apps = appsFor(turn, id, command);
  if (apps === null) return;
  say(turn, { type: 'reply', id, command, body: clientsPage(apps.clients, body.from, turn.now) });
}

export function takeClientRevoke(turn: Turn, { id, command, body }: Request<'client_revoke'>): void {
  const apps = appsFor(turn, id, command);
  if (apps === null) return;
  const record = findClient(apps.clients, body.client, body.remoteSigner);
  if (record !== null && record.state !== 'revoked') {
    appendLog(turn, { event: 'app_revoked', account: record.account, who: record.client, why: 'computer' });
    setClients(turn, revokeClient(apps.clients, apps.store, body.client, body.remoteSigner));
  }
  say(turn, { type: 'reply', id, command, body: {} });
}

export function listGrants(turn: Turn, { id, command, body }: Request<'grants'>): void {
  const apps = appsFor(turn, id, command);
  const record = apps === null ? null : pairedApp(turn, apps, id, command, body);
  if (record === null) return;
  say(turn, { type: 'reply', id, command, body: grantsPage(record, body.from, turn.now) });
}

export function takeGrantRevoke(turn: Turn, { id, command, body }: Request<'grant_revoke'>): void {
  const apps = appsFor(turn, id, command);
  const record = apps === null ? null : pairedApp(turn, apps, id, command, body);
  if (apps === null || record === null) return;
  const after = revokeGrant(apps.clients, apps.store, record, body.grant, 'computer');
  if (after === 'deny_stays') return refuse(turn, id, command, 'forbidden');
  if (after !== apps.clients) {
    appendLog(turn, { event: 'grant_revoked', account: record.account, who: record.client, why: 'computer' });
  }
  setClients(turn, after);
  say(turn, { type: 'reply', id, command, body: {} });
}

/** The apps, for a paired computer and an open device; null when the refusal was said. */
function appsFor(turn: Turn, id: number, command: Command): Apps | null {
  const apps = appsOf(turn.state);
  if (!computerOf(turn.state).paired) refuse(turn, id, command, 'not_paired');
  else if (apps !== null) return apps;
  else refuse(turn, id, command, whyNone(turn));
  return null;
}

function whyNone({ state }: Turn): DeviceError {
  const account = accountOf(state, 0);
  return typeof account === 'string' ? account : 'locked';
}

function pairedApp(
  turn: Turn,
  { clients }: Apps,
  id: number,
  command: Command,
  { client, remoteSigner }: Pick<ClientRecord, 'client' | 'remoteSigner'>,
): ClientRecord | null {
  const record = findClient(clients, client, remoteSigner);
  if (record !== null && record.state !== 'revoked') return record;
  refuse(turn, id, command, 'unknown_client');
  return null;
}

function refuse(turn: Turn, id: number, command: Command, error: DeviceError): void {
  say(turn, { type: 'error', id, command, error });
}
