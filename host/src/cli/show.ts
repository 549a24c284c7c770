/** What commands say to people: one line a thing, the same columns each time. */
import type { z } from 'zod';
import type * as d from '../control/device-schemas.ts';
import type * as s from '../control/schemas.ts';
import type * as w from '../control/web-schemas.ts';

type Status = z.output<typeof s.status>;
type Relay = z.output<typeof s.relay>;
type Row = z.output<typeof s.activityRow>;

export function statusText(status: Status): string {
  const { killedAt, pause, device } = status;
  const state =
    killedAt !== null
      ? `STOPPED by the kill switch since ${time(killedAt)}`
      : pause !== null
        ? `paused ${untilText(pause.until)}`
        : 'running';
  return lines([
    `${state}, version ${status.version}, since ${time(status.startedAt)}`,
    `device  ${deviceText(device)}`,
    ...status.relays.map((relay) => `relay   ${relayText(relay)}`),
    `apps    ${status.apps}, ${status.openRequests} open requests`,
    ...(status.web === null ? [] : [webText(status.web)]),
  ]);
}

function webText({ url, logins, waiting }: NonNullable<Status['web']>): string {
  return `pages   ${url}${logins ? `, apps may ask without a line (${waiting} wait)` : ''}`;
}

export function deviceText({ state, model, channel, port }: z.output<typeof d.device>): string {
  const what = model === null ? '' : `, ${model}`;
  const trust =
    channel === null || channel === 'paired' ? '' : channel === 'plain' ? ', NOT ENCRYPTED' : ', not paired';
  return `${state}${what}${trust}${port === null ? '' : `: ${port}`}`;
}

/** With the page of a simulated device, which lets in whoever opens it: said where the device alone was asked for. */
export function deviceAndPageText(device: z.output<typeof d.device>): string {
  const page = device.simulator === null ? [] : [`It can be seen at ${device.simulator.url}`];
  return lines([deviceText(device), ...page]);
}

export function accountsText({ accounts }: z.output<typeof d.device>): string {
  if (accounts.length === 0) return 'The device told no accounts: it is not there, or locked.';
  return lines(
    accounts.map(({ number, pubkey, userKey }) => `${number}  ${pubkey}${userKey ? '  answers at this key' : ''}`),
  );
}

/** What the check of the device's log found, and what this computer does not know of. */
export function deviceLogText({ words, advice, number, entries }: z.output<typeof d.checkedLog>): string {
  const strange = entries.filter(({ here }) => here === 'no');
  const compared = entries.filter(({ here }) => here !== null).length;
  const told = strange.map(
    (entry) =>
      `entry ${entry.number}: ${entry.event}, ${entry.app || entry.who}, ${whatText(entry.method ?? '', entry.kind)}, not carried by this computer`,
  );
  return lines([
    `${words} ${advice}`.trim(),
    `${number} entries; of the last ${entries.length}, ${compared} used a key for an app, ${strange.length} of them unknown here`,
    ...told,
  ]);
}

export function relayText({ url, state, reason, queued }: Relay): string {
  return `${url}  ${state}${reason === null ? '' : `: ${reason}`}${queued === 0 ? '' : `, ${queued} answers wait`}`;
}

export function relaysText(relays: readonly Relay[]): string {
  return relays.map(relayHealthText).join('');
}

/** One of them, and how it has been. */
export function relayHealthText(relay: Relay): string {
  const { connectedAt, lastEventAt, roundTripMs, refused, refusal, rateLimited, auth, notice } = relay;
  const said = [
    relay.own ? '' : 'only for apps that are there',
    connectedAt === null ? '' : `connected since ${time(connectedAt)}`,
    lastEventAt === null ? 'no request yet' : `last request ${time(lastEventAt)}`,
    roundTripMs === null ? '' : `there and back in ${roundTripMs} ms`,
    auth === null || auth === 'unasked' ? '' : `authentication ${auth}`,
    rateLimited === 0 ? '' : `rate limited ${rateLimited} times`,
    refused === 0 ? '' : `refused ${refused} times: ${refusal ?? ''}`,
    notice === null ? '' : `says: ${notice}`,
  ].filter((part) => part !== '');
  return `${relayText(relay)}\n    ${said.join(', ')}\n`;
}

export function appsText(apps: readonly z.output<typeof s.app>[]): string {
  if (apps.length === 0) return 'No app is paired. "sallyport pair" makes a line for one.';
  return lines(apps.map(appText));
}

function appText({ client, name, account, pairedAt, pause, perms }: z.output<typeof s.app>): string {
  const paused = pause === null ? '' : `  PAUSED ${untilText(pause.until)}`;
  return `${client}  ${name || '(no name)'}  account ${account}  since ${time(pairedAt)}${perms === '' ? '' : `  asked for ${perms}`}${paused}`;
}

export function grantsText(grants: readonly z.output<typeof s.grant>[]): string {
  if (grants.length === 0) return 'The device asks about everything of this app.';
  return lines(
    grants.map(({ id, verdict, method, kind, peer, uses, perMinute, session, ms }) => {
      const what = kind === null ? `${method} ${peer === null ? 'anybody' : peer}` : `${method} kind ${kind}`;
      const limits = [
        uses === null ? '' : `${uses} times left`,
        perMinute === null ? '' : `${perMinute} a minute`,
        ms === null ? '' : `${Math.ceil(ms / 60_000)} minutes left`,
        session ? 'until it is locked' : '',
      ].filter((limit) => limit !== '');
      return [`${id}`, verdict === 'deny' ? 'never ' : 'always', what, ...limits].join('  ');
    }),
  );
}

export function requestsText(requests: readonly z.output<typeof d.openRequest>[]): string {
  if (requests.length === 0) return 'Nothing is open.';
  return lines(
    requests.map(({ number, app, client, asks, cameAt, sentAt }) => {
      const where = sentAt === null ? 'waits for its turn' : 'is with the device: look at its screen';
      return `${number}  ${time(cameAt)}  ${app || client.slice(0, 8)}  ${asks}  ${where}`;
    }),
  );
}

export function logText(rows: readonly Row[]): string {
  if (rows.length === 0) return 'There are no such requests in the log.';
  return lines(
    rows.map(
      ({ id, at, app, client, method, kind, outcome, ms }) =>
        `${id}  ${time(at)}  ${app || client.slice(0, 8)}  ${whatText(method, kind)}  ${outcome.replaceAll('_', ' ')}${ms.total === null ? '' : `  ${ms.total} ms`}`,
    ),
  );
}

export function whyText({ id, at, app, client, method, kind, outcome, why, ms }: Row): string {
  const stages = Object.entries(ms).flatMap(([stage, taken]) => (taken === null ? [] : [`${stage} ${taken} ms`]));
  return lines([
    `request ${id}: ${whatText(method, kind)}, ${outcome.replaceAll('_', ' ')}`,
    `of      ${app || '(no name)'}, ${client}`,
    `at      ${time(at)}`,
    `why     ${why}`,
    ...(stages.length === 0 ? [] : [`took    ${stages.join(', ')}`]),
  ]);
}

export function rulesText(rules: readonly z.output<typeof s.rule>[]): string {
  if (rules.length === 0) return 'There are no rules: every app may ask the device.';
  return lines(
    rules.map(({ number, client, method, kind, note }) => {
      const whose = client === null ? 'every app' : client;
      return `${number}  refuses ${method ?? (kind === null ? 'everything' : 'sign_event')}${kind === null ? '' : ` of kind ${kind}`} of ${whose}${note === '' ? '' : `  (${note})`}`;
    }),
  );
}

export function announcedText({ relays }: z.output<typeof w.announced>): string {
  return lines(relays.map(({ url, taken, words }) => `${url}  ${taken ? 'taken' : `not taken: ${words}`}`));
}

export function namesText(names: z.output<typeof w.names>['names']): string {
  if (names.length === 0) return 'Nobody has a name here.';
  return lines(names.map(({ name, pubkey, relays }) => [name, pubkey, ...relays].join('  ')));
}

export function judgementText({ answer, checks }: z.output<typeof s.judgement>): string {
  const ends = {
    refuse: 'It would be refused.',
    host: 'The host would answer it itself.',
    ask: 'It would go to the device, which decides.',
  } as const;
  return lines([...checks.map(({ passed, why }) => `${passed ? '·' : '✗'} ${why}`), ends[answer]]);
}

/** What was asked, as `sign_event kind 1`. */
export function whatText(method: string, kind: number | null): string {
  return `${method || '(unknown method)'}${kind === null ? '' : ` kind ${kind}`}`;
}

function untilText(until: number | null): string {
  return until === null ? 'until somebody resumes' : `until ${time(until)}`;
}

/** UTC, without fractions: what sorts and what two people can compare. */
function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
