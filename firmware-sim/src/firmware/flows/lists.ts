/** The lists of the device: computers, apps, and what each app may do. Taking away is all that they offer. */
import { bytesToHex } from '@noble/hashes/utils.js';
import { forgetComputer } from '../channel/computers.ts';
import { changeOpen, type OpenLife } from '../life/life.ts';
import { appendLog } from '../logging.ts';
import { type ClientRecord, type Clients, latest, listed, revokeClient, suspend } from '../policy/clients.ts';
import type { Grant } from '../policy/grant.ts';
import { liveGrants, revokeGrant } from '../policy/grants.ts';
import { kindName } from '../screen/kind-names.ts';
import { OWN, untrustedLine } from '../screen/visible-text.ts';
import { originLines } from './account-flows.ts';
import type { Here, Part } from './flow.ts';
import { fact, line } from './page-rows.ts';
import { choose, question, tell } from './parts.ts';

/** The paired computers; any of them can be forgotten. */
export function* computersMenu(here: Here): Part<void> {
  for (;;) {
    const { hosts } = here.turn.state.identity;
    if (hosts.length === 0) return yield* tell('Computers', line('No computer is paired.'));
    const chosen = yield* choose(
      'Computers',
      hosts.map(({ name }) => named(name)),
    );
    const host = chosen === null ? undefined : hosts[chosen];
    if (host === undefined) return;
    const text = [fact('name', host.name), fact('key', `${bytesToHex(host.key).slice(0, 16)}…`)].join('');
    if (!(yield* question('Forget computer?', text, { yes: 'forget' }))) continue;
    forgetComputer(here.turn, host.key);
  }
}

/** The paired apps. */
export function* appsMenu(here: Here): Part<void> {
  for (;;) {
    const life = openOf(here);
    if (life === null) return;
    const apps = listed(life.clients);
    if (apps.length === 0) return yield* tell('Apps', line('No app is paired.'));
    const chosen = yield* choose(
      'Apps',
      apps.map(({ name }) => named(name)),
    );
    const app = chosen === null ? undefined : apps[chosen];
    if (app === undefined) return;
    yield* appMenu(here, app);
  }
}

/** One app: who it is, what it may do, and its end. */
function* appMenu(here: Here, app: ClientRecord): Part<void> {
  for (;;) {
    const life = openOf(here);
    if (life === null) return;
    const record = latest(life.clients, app);
    if (record.state === 'revoked') return;
    const grants = liveGrants(record, here.turn.now);
    const items = ['Revoke the app', 'About it', ...grants.map(grantText)];
    const chosen = yield* choose(record.name === '' ? 'App' : 'What it may', items);
    if (chosen === null) return;
    if (chosen === 0) yield* revokeApp(here, record);
    else if (chosen === 1) yield* tell('App', aboutApp(record, life));
    else yield* revokeOne(here, record, grants[chosen - 2]);
  }
}

function* revokeApp(here: Here, record: ClientRecord): Part<void> {
  const life = openOf(here);
  if (life === null) return;
  if (!(yield* question('Revoke app?', aboutApp(record, life), { yes: 'revoke' }))) return;
  change(here, (clients, store) => {
    appendLog(here.turn, { event: 'app_revoked', who: record.client, account: record.account });
    return revokeClient(clients, store, record.client, record.remoteSigner);
  });
}

function* revokeOne(here: Here, record: ClientRecord, grant: Grant | undefined): Part<void> {
  if (grant === undefined) return;
  const text = [fact('app', record.name), line(grantText(grant)), ...limitsOf(grant, here.turn.now)].join('');
  const [title, yes] = grant.verdict === 'allow' ? ['Ask again?', 'ask again'] : ['Allow asking?', 'may ask'];
  if (!(yield* question(title, text, { yes }))) return;
  change(here, (clients, store) => {
    appendLog(here.turn, { event: 'grant_revoked', who: record.client, account: record.account });
    const after = revokeGrant(clients, store, record, grant.id, 'human');
    return after === 'deny_stays' ? clients : after;
  });
}

/** The emergency key and its taking back; false: nothing is open. */
export function setSuspended(here: Here, suspended: boolean): boolean {
  return change(here, (clients, store) => {
    appendLog(here.turn, { event: suspended ? 'suspended' : 'resumed' });
    return suspend(clients, store, suspended);
  });
}

/** Changes the apps of an open device; they are in flash when the change returns. */
function change(here: Here, how: (clients: Clients, store: OpenLife['vault']) => Clients): boolean {
  const life = openOf(here);
  if (life === null) return false;
  const clients = how(life.clients, life.vault);
  changeOpen(here.turn, (open) => ({ ...open, clients }));
  return true;
}

function aboutApp({ name, claim, client, account, state }: ClientRecord, { accounts }: OpenLife): string {
  const used = accounts.find(({ number }) => number === account);
  return [
    fact('app', name),
    line(`${OWN.field}told by the ${claim}`),
    fact('key', `${bytesToHex(client).slice(0, 16)}…`),
    fact('account', used?.name ?? `${account}`),
    ...(used === undefined ? [] : originLines(used)),
    ...(state === 'damaged' ? [line('Its record is damaged: pair it again.')] : []),
  ].join('');
}

const methodNames = {
  sign_event: 'sign',
  nip44_encrypt: 'encrypt',
  nip44_decrypt: 'decrypt',
  nip04_encrypt: 'encrypt 04',
  nip04_decrypt: 'decrypt 04',
} as const;

/** `sign note`, `never decrypt`, `encrypt for 5c83…`. Ours, but for the peer, which is hex. */
function grantText({ verdict, method, kind, peer }: Grant): string {
  const never = verdict === 'deny' ? 'never ' : '';
  const what = kind === null ? '' : ` ${kindName(kind)}`;
  const whom = peer === null ? '' : ` ${bytesToHex(peer).slice(0, 8)}…`;
  return `${never}${methodNames[method]}${what}${whom}`;
}

function limitsOf({ uses, perMinute, session, ends }: Grant, now: number): readonly string[] {
  return [
    ...(uses === null ? [] : [line(`${uses} times yet`)]),
    ...(perMinute === null ? [] : [line(`${perMinute} a minute`)]),
    ...(session ? [line('until it is locked')] : []),
    ...(ends === null ? [] : [line(`${Math.max(1, Math.ceil((ends.uptime - now) / 60_000))} minutes yet`)]),
  ];
}

function named(name: string): string {
  return name === '' ? '(no name)' : untrustedLine(name);
}

function openOf(here: Here): OpenLife | null {
  const { life } = here.turn.state;
  return life.phase === 'open' ? life : null;
}
