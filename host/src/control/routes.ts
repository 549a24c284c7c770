/**
 * The table of the control API, sorted by path: what each request needs to be allowed (read or write), takes and answers. Handlers
 * and the client are typed by it, a handler that is missing does not compile, and openapi.json is written from it. Within `/v0`
 * things are only added.
 */
import type { z } from 'zod';
import * as d from './device-schemas.ts';
import type { Route } from './route.ts';
import * as s from './schemas.ts';
import * as w from './web-schemas.ts';

export { type Access, hasSchema, partsOf, type Route } from './route.ts';

const lines = { text: 'application/x-ndjson' } as const;

export const routes = {
  'GET /v0/accounts': {
    access: 'read',
    summary: 'The accounts of the device with their names there. A locked device asks for its PIN first.',
    human: true,
    answer: d.accounts,
  },
  'POST /v0/accounts/:number/user-key': {
    access: 'write',
    summary:
      'Whether an account answers apps of early 2024, which ask its own key. Allowing it takes a hold on the device.',
    human: true,
    params: d.byAccount,
    body: d.answersItself,
    answer: s.done,
  },
  'GET /v0/activity': {
    access: 'read',
    summary: 'The activity log, newest first; the next page begins before `next`.',
    query: s.activityQuery,
    answer: s.activityPage,
  },
  'GET /v0/activity/:number': {
    access: 'read',
    summary: 'One row of the activity log: what came of a request, and why.',
    params: s.byNumber,
    answer: s.activityRow,
  },
  'POST /v0/announce': {
    access: 'write',
    summary: 'Publishes what this signer is (NIP-89, kind 31990), on its relays and on those that are named.',
    body: w.toAnnounce,
    answer: w.announced,
  },
  'GET /v0/apps': { access: 'read', summary: 'The paired apps.', answer: s.apps },
  'DELETE /v0/apps/:client': {
    access: 'write',
    summary: 'Ends the session of an app: its open requests end, and nothing of it is asked again.',
    params: s.byClient,
    answer: s.done,
  },
  'GET /v0/apps/:client/grants': {
    access: 'read',
    summary: 'What the device lets an app do without asking. A locked device asks for its PIN first.',
    human: true,
    params: s.byClient,
    answer: s.grants,
  },
  'POST /v0/apps/:client/grants': {
    access: 'write',
    summary: 'Proposes grants: the device shows each, and a press gives it. The answer says which were given.',
    human: true,
    params: s.byClient,
    body: s.proposal,
    answer: s.given,
  },
  'DELETE /v0/apps/:client/grants/:number': {
    access: 'write',
    summary: 'Takes a grant that allows. What was forbidden on the device is lifted on the device.',
    human: true,
    params: s.byGrant,
    answer: s.done,
  },
  'POST /v0/apps/:client/pause': {
    access: 'write',
    summary: 'Refuses everything of an app for a while.',
    params: s.byClient,
    body: s.pauseFor,
    answer: s.done,
  },
  'POST /v0/apps/:client/resume': {
    access: 'write',
    summary: 'Ends the pause of an app.',
    params: s.byClient,
    answer: s.done,
  },
  'POST /v0/backup': {
    access: 'write',
    summary: 'A backup of keys, apps and lines, encrypted with this passphrase; the activity log is not in it.',
    body: d.toBackUp,
    answer: d.backup,
  },
  'POST /v0/connect': {
    access: 'write',
    summary: 'Pairs the app of a nostrconnect line. It is answered when the human at the device said yes or no.',
    human: true,
    body: s.introduction,
    answer: s.app,
  },
  'POST /v0/dashboard': {
    access: 'socket',
    summary: 'An address that opens the dashboard once, within ten minutes.',
    answer: s.address,
  },
  'GET /v0/device': { access: 'read', summary: 'The device, as the host sees it.', answer: d.device },
  'POST /v0/device/lock': { access: 'write', summary: 'Locks the device.', human: true, answer: s.done },
  'POST /v0/device/log': {
    access: 'write',
    summary:
      'Reads the log of the device, checks that it goes on from what was known of it, and compares it with this one.',
    body: d.toCheck,
    answer: d.checkedLog,
  },
  'POST /v0/device/pair': {
    access: 'write',
    summary: 'Begins the pairing of this computer with the device: six digits appear on both sides.',
    answer: s.done,
  },
  'POST /v0/device/pair/answer': {
    access: 'write',
    summary: 'Says whether the digits are the same. The device asks its own human, too.',
    body: d.comparison,
    answer: s.done,
  },
  'POST /v0/device/unlock': {
    access: 'write',
    summary: 'Has the device ask for its PIN; answered when it is open.',
    human: true,
    answer: s.done,
  },
  'GET /v0/diagnostics': {
    access: 'read',
    summary: 'What a maker needs to find a fault: without secrets, texts and whole keys of apps.',
    answer: s.diagnostics,
  },
  'POST /v0/dry-run': {
    access: 'read',
    summary: 'What would come of a request, check by check. Nobody is asked.',
    body: s.question,
    answer: s.judgement,
  },
  'GET /v0/export': {
    access: 'read',
    summary: 'All of the activity log that a query finds, as JSON lines.',
    query: s.activityQuery,
    answer: lines,
  },
  'POST /v0/kill': {
    access: 'write',
    summary: 'The kill switch: ends what is open and refuses everything until somebody resumes.',
    answer: s.done,
  },
  'GET /v0/metrics': {
    access: 'read',
    summary: 'Counters and latencies for Prometheus.',
    answer: { text: 'text/plain; version=0.0.4' },
  },
  'GET /v0/names': { access: 'read', summary: 'Who has a name at the web address (NIP-05).', answer: w.names },
  'POST /v0/names': {
    access: 'write',
    summary: 'Gives the key of an account a name.',
    body: w.newName,
    answer: w.names,
  },
  'DELETE /v0/names/:name': {
    access: 'write',
    summary: 'Takes a name away; the account stays.',
    params: w.byName,
    answer: w.names,
  },
  'GET /v0/openapi.json': {
    access: 'read',
    summary: 'This description.',
    answer: { text: 'application/json' },
  },
  'POST /v0/pause': {
    access: 'write',
    summary: 'Refuses everything of every app for a while.',
    body: s.pauseFor,
    answer: s.done,
  },
  'GET /v0/relays': { access: 'read', summary: 'The relays and how they are.', answer: s.relays },
  'POST /v0/relays': {
    access: 'write',
    summary: 'Adds a relay for everybody; apps hear of it when they ask.',
    body: s.newRelay,
    answer: s.relays,
  },
  'DELETE /v0/relays': {
    access: 'write',
    summary: 'Removes a relay that was added. Apps that are there are heard until they were led on.',
    query: s.byRelay,
    answer: s.relays,
  },
  'GET /v0/requests': { access: 'read', summary: 'What is open: who waits for the device.', answer: d.requests },
  'GET /v0/requests/:number': {
    access: 'read',
    summary: 'One open request in full: the event or the text that it is about.',
    params: s.byNumber,
    answer: d.requestInFull,
  },
  'DELETE /v0/requests/:number': {
    access: 'write',
    summary: 'Refuses an open request: the device stops asking, and the app is told.',
    params: s.byNumber,
    answer: s.done,
  },
  'POST /v0/resume': {
    access: 'write',
    summary: 'Ends the kill switch and the pause of everybody.',
    answer: s.done,
  },
  'GET /v0/rules': { access: 'read', summary: 'The rules that refuse.', answer: s.rules },
  'POST /v0/rules': { access: 'write', summary: 'Adds a rule that refuses.', body: s.newRule, answer: s.rules },
  'DELETE /v0/rules/:number': {
    access: 'write',
    summary: 'Removes a rule.',
    params: s.byNumber,
    answer: s.rules,
  },
  'GET /v0/secrets': {
    access: 'read',
    summary: 'The bunker lines that may still be used, and those that were; never their secrets.',
    answer: s.secrets,
  },
  'POST /v0/secrets': {
    access: 'write',
    summary: 'Makes a bunker line with a one-time secret of its own. It is said this once.',
    body: s.newSecret,
    answer: s.line,
  },
  'DELETE /v0/secrets/:id': {
    access: 'write',
    summary: 'Makes an unused bunker line void.',
    params: s.bySecret,
    answer: s.done,
  },
  'POST /v0/sign': {
    access: 'write',
    summary: 'An event in the name of this computer: the device shows it as such, and always asks.',
    human: true,
    bodyMax: 2 * 1024 * 1024,
    body: s.toSign,
    answer: s.signed,
  },
  'GET /v0/status': { access: 'read', summary: 'How everything is, at a glance.', answer: s.status },
  'GET /v0/watch': {
    access: 'read',
    summary: 'Server-sent events: `status` first, and again whenever it changed; `request` for each that goes on.',
    answer: { text: 'text/event-stream' },
  },
} as const satisfies Readonly<Record<string, Route>>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;

type Parsed<R, Part extends string> = R extends { readonly [P in Part]: infer S }
  ? S extends z.ZodType
    ? z.output<S>
    : never
  : undefined;
type Given<R, Part extends string> = R extends { readonly [P in Part]: infer S }
  ? S extends z.ZodType
    ? z.input<S>
    : never
  : undefined;

/** What a handler of this row is given. */
export type Asked<N extends RouteName> = {
  readonly params: Parsed<Routes[N], 'params'>;
  readonly query: Parsed<Routes[N], 'query'>;
  readonly body: Parsed<Routes[N], 'body'>;
};

/** What a caller of this row says; absent parts may be left out. */
export type Call<N extends RouteName> = {
  readonly params?: Given<Routes[N], 'params'>;
  readonly query?: Given<Routes[N], 'query'>;
  readonly body?: Given<Routes[N], 'body'>;
};

/** What is answered: the value, or text. */
export type Answer<N extends RouteName> = Routes[N]['answer'] extends z.ZodType
  ? z.output<Routes[N]['answer']>
  : string;
