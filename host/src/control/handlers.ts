/** One handler for each row of the control API. They read the host's state and hand changes to it; they decide nothing. */
import { checks, everybody, type NarrowChange, type Narrowing, type Pause } from '../core/narrowing/narrowing.ts';
import { missingAccount } from '../core/web/naming.ts';
import { careHandlers } from './care-handlers.ts';
import { humanHandlers } from './human-handlers.ts';
import { openHandlers } from './open-handlers.ts';
import { openApi } from './openapi.ts';
import { no, noApp, type Problem } from './problems.ts';
import { relayHandlers } from './relay-handlers.ts';
import type { Answer, Asked, RouteName } from './routes.ts';
import { appOf, diagnosticsOf, secretsOf, statusOf } from './said.ts';
import type { HostView } from './view.ts';
import { webHandlers } from './web-handlers.ts';

/** Text may come in pieces, so that a million rows need no memory. */
type Given<N extends RouteName> = Answer<N> extends string ? string | Iterable<string> : Answer<N>;

/** `GET /v0/watch` is a stream, and has its own file. `until` is aborted when whoever asked is gone. */
export type Handlers = {
  readonly [N in Exclude<RouteName, 'GET /v0/watch'>]: (
    asked: Asked<N>,
    until: AbortSignal,
  ) => Given<N> | Problem | Promise<Given<N> | Problem>;
};

/** What the host answers itself, without a device. */
const ownMethods: ReadonlySet<string> = new Set(['connect', 'ping', 'switch_relays', 'logout', 'get_relays']);
const minuteMs = 60_000;
const done = { done: true } as const;

export function makeHandlers(view: HostView): Handlers {
  const { bridge, now, activity } = view;
  const rulesNow = (narrowing: Narrowing) => ({ rules: [...narrowing.rules] });
  const narrowBy = (change: NarrowChange) => {
    view.narrow(change);
    return done;
  };
  const withApp = <T>(client: string, act: () => T): T | Problem =>
    bridge().sessions.apps.has(client) ? act() : noApp;
  const untilOf = ({ minutes }: { readonly minutes: number | null }): Pick<Pause, 'until'> => ({
    until: minutes === null ? null : now() + minutes * minuteMs,
  });

  return {
    ...careHandlers(view),
    ...humanHandlers(view),
    ...openHandlers(view),
    ...relayHandlers(view),
    ...webHandlers(view),
    'GET /v0/activity': ({ query }) => {
      const { rows, next } = activity.search(withoutUndefined(query));
      return { rows: [...rows], next };
    },
    'GET /v0/activity/:number': ({ params }) => activity.row(params.number) ?? noRow,
    'GET /v0/apps': () => ({ apps: [...bridge().sessions.apps.values()].map((app) => appOf(app, view)) }),
    'DELETE /v0/apps/:client': ({ params: { client } }) =>
      withApp(client, () => {
        view.revoke(client);
        return narrowBy({ type: 'forget', client });
      }),
    'POST /v0/apps/:client/pause': ({ params: { client }, body }) =>
      withApp(client, () => narrowBy({ type: 'pause', client, ...untilOf(body) })),
    'POST /v0/apps/:client/resume': ({ params: { client } }) =>
      withApp(client, () => narrowBy({ type: 'resume', client })),
    'POST /v0/dashboard': () => {
      const url = view.newDashboardAddress();
      return url === null ? noDashboard : { url };
    },
    'GET /v0/diagnostics': () => diagnosticsOf(view),
    'POST /v0/dry-run': ({ body }) => judged(view, body),
    'GET /v0/export': ({ query }) => jsonLines(activity.all(withoutUndefined(query))),
    'POST /v0/kill': () => narrowBy({ type: 'kill' }),
    'GET /v0/metrics': () => view.metrics(),
    'GET /v0/openapi.json': () => `${JSON.stringify(openApi(view.version), null, 2)}\n`,
    'POST /v0/pause': ({ body }) => narrowBy({ type: 'pause', client: everybody, ...untilOf(body) }),
    'POST /v0/resume': () => narrowBy({ type: 'resume', client: everybody }),
    'GET /v0/rules': () => rulesNow(bridge().narrowing),
    'POST /v0/rules': ({ body: { client, method, kind, note } }) => {
      const narrowing = view.narrow({ type: 'add_rule', rule: { client, method, kind, note } });
      return narrowing === null ? tooManyRules : rulesNow(narrowing);
    },
    'DELETE /v0/rules/:number': ({ params: { number } }) => {
      const narrowing = view.narrow({ type: 'remove_rule', number });
      return narrowing === null ? noRule : rulesNow(narrowing);
    },
    'GET /v0/secrets': () => ({ secrets: secretsOf(view) }),
    'POST /v0/secrets': ({ body }) => {
      const { minutes, ownKey, ...wanted } = body;
      const expiresAt = now() + minutes * minuteMs;
      const missing = missingAccount(bridge(), body.account);
      const line = missing ?? view.newLine({ ...wanted, expiresAt, ...withoutUndefined({ ownKey }) });
      if ('code' in line) return no(409, line.code, line.words, line.advice);
      return { uri: line.uri, oldToken: line.oldToken, id: line.hash.slice(0, 16), expiresAt };
    },
    'DELETE /v0/secrets/:id': ({ params: { id } }) => {
      const live = [...bridge().sessions.secrets.values()].filter(({ spent }) => spent === null);
      const found = live.filter(({ hash }) => hash.startsWith(id));
      if (found.length !== 1) return noSecret;
      for (const { hash } of found) view.dropLine(hash);
      return done;
    },
    'GET /v0/status': () => statusOf(view),
  };
}

/** What would come of a request. */
function judged({ bridge, now }: HostView, body: Asked<'POST /v0/dry-run'>['body']): Answer<'POST /v0/dry-run'> {
  const { narrowing, sessions } = bridge();
  const paired = sessions.apps.has(body.client);
  const own = { about: 'paired', passed: paired, why: paired ? 'The app is paired.' : 'This app is not paired.' };
  const all = [own, ...checks(narrowing, body, now()).map(({ about, passed, why }) => ({ about, passed, why }))];
  const refused = all.some(({ passed }) => !passed);
  return { answer: refused ? 'refuse' : ownMethods.has(body.method) ? 'host' : 'ask', checks: all };
}

function* jsonLines(rows: Iterable<unknown>): Iterable<string> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`;
}

/** zod gives a key without a value where nothing was said. */
function withoutUndefined<T extends object>(query: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

const noDashboard = no(
  409,
  'no_dashboard',
  'This host was started without a dashboard.',
  'Start it without --dashboard off.',
);
const noRow = no(404, 'no_row', 'The activity log has no such row (any more).');
const noRule = no(404, 'no_rule', 'There is no rule with this number.');
const noSecret = no(404, 'no_secret', 'No unused bunker line has this name, or more than one.');
const tooManyRules = no(409, 'too_many_rules', 'There are as many rules as this host keeps.', 'Remove one first.');
