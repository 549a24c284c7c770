/**
 * The control API over HTTP, for one door: which access that door gives is its argument. Of the socket it promises that no page in a
 * browser can speak to it (Origin, Referer and a foreign Host are refused), and of every door that no body is larger than it reads, and
 * that every request is answered, a wrong one with words.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import type { z } from 'zod';
import { controlHost } from './address.ts';
import { type Handlers, makeHandlers } from './handlers.ts';
import type { Problem } from './problems.ts';
import { type Access, hasSchema, partsOf, type Route, type RouteName, routes } from './routes.ts';
import type { HostView } from './view.ts';
import { watchStream } from './watch.ts';

/** The largest body says a bunker line or a rule. */
const bodyMax = 16 * 1024;
/** Rows that one piece of an export has. */
const pieceRows = 200;

/** The API, for whoever has this access; `token` is asked for where a file mode cannot keep others out (Windows). */
export function controlApp(view: HostView, access: ReadonlySet<Access>, token: string | null = null): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const foreign = foreignReason((name) => context.req.header(name));
    if (foreign !== null) return context.json(...problem(403, 'foreign', foreign));
    if (token !== null && !isToken(context.req.header('authorization'), token)) {
      return context.json(...problem(401, 'no_token', 'The token of the control API is missing or wrong.'));
    }
    return next();
  });
  addRoutes(app, view, access);
  return app;
}

/** The requests themselves, for a door that has looked at who is there. */
export function addRoutes(app: Hono, view: HostView, access: ReadonlySet<Access>): void {
  const handlers = makeHandlers(view);
  for (const [name, route] of Object.entries(routes)) addRoute(app, handlers, view, access, name as RouteName, route);
  app.notFound((context) => context.json(...problem(404, 'no_route', 'The control API has no such request.')));
  app.onError((fault, context) => {
    view.fault(fault);
    return context.json(...problem(500, 'fault', 'A fault of the host; its log says more.'));
  });
}

function addRoute(
  app: Hono,
  handlers: Handlers,
  view: HostView,
  access: ReadonlySet<Access>,
  name: RouteName,
  route: Route,
): void {
  const { method, path } = partsOf(name);
  const largest = route.bodyMax ?? bodyMax;
  app.on(method, path, async (context) => {
    if (!access.has(route.access)) return context.json(...problem(403, 'wrong_door', refusals[route.access]));
    const sent = route.body === undefined ? undefined : await readBody(context.req.raw, largest);
    if (sent === tooLarge)
      return context.json(...problem(413, 'too_large', `That is too long: ${largest} bytes at most.`));
    if (sent === unreadable)
      return context.json(...problem(400, 'malformed', 'The body is not JSON, or not said to be.'));
    const params = parse(route.params, context.req.param());
    const query = parse(route.query, context.req.query());
    const body = parse(route.body, sent);
    for (const part of [params, query, body])
      if (part.type === 'wrong') return context.json(...problem(400, 'malformed', part.words));
    if (name === 'GET /v0/watch') return watchStream(view, context.req.raw.signal);
    const handler = handlers[name] as (asked: object, until: AbortSignal) => unknown;
    const asked = { params: given(params), query: given(query), body: given(body) };
    const said = await handler(asked, context.req.raw.signal);
    if (isProblem(said)) return context.json(...problem(said.problem, said.code, said.words, said.advice));
    // Not all that is changed here is reported by the machines: a pause with nothing open is only a new state.
    if (route.access === 'write') view.changed();
    if (hasSchema(route.answer)) return context.json(said as object);
    const text = typeof said === 'string' ? said : pieces(said as Iterable<string>);
    return new Response(text, { headers: { 'content-type': route.answer.text } });
  });
}

/** Why a request is not one of ours; null when it may be. A browser cannot leave these out, and a program has no reason to send them. */
function foreignReason(header: (name: string) => string | undefined): string | null {
  if (header('origin') !== undefined) return 'Requests of web pages are refused: this one has an Origin.';
  if (header('referer') !== undefined) return 'Requests of web pages are refused: this one has a Referer.';
  if (header('host') !== controlHost) return `The Host of this API is "${controlHost}".`;
  return null;
}

/** Compared by hash: how long it takes says nothing about the token. */
function isToken(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}

const unreadable = Symbol('unreadable');
const tooLarge = Symbol('too large');

/** Hono's own limit makes a new Request, which Node's adaptor cannot be given; and what is too large is not read to its end. */
async function readBody(request: Request, largest: number): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request.body ?? []) {
    bytes += piece.length;
    if (bytes > largest) return tooLarge;
    pieces.push(piece);
  }
  // An absent body is one in which nothing is said.
  if (bytes === 0) return {};
  if (!/^application\/json\b/.test(request.headers.get('content-type') ?? '')) return unreadable;
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    return unreadable; // What it says is not quoted back: it may be anything.
  }
}

type Part = { readonly type: 'value'; readonly value: unknown } | { readonly type: 'wrong'; readonly words: string };

function parse(schema: z.ZodType | undefined, value: unknown): Part {
  if (schema === undefined) return { type: 'value', value: undefined };
  const parsed = schema.safeParse(value);
  if (parsed.success) return { type: 'value', value: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  return { type: 'wrong', words: `${where === '' ? 'The request' : where}: ${issueWords(issue)}.` };
}

/** The library's own words are for programmers: what people meet, a text that is too long, is said in ours. */
function issueWords(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'too_big' && issue.origin === 'string') return `${issue.maximum} characters at most`;
  return issue?.message ?? 'not understood';
}

function given(part: Part): unknown {
  return part.type === 'value' ? part.value : undefined;
}

function isProblem(said: unknown): said is Problem {
  return typeof said === 'object' && said !== null && 'problem' in said;
}

/** What a door says to what it is not for. */
const refusals = {
  read: 'This door does not read.',
  write: 'This door only reads.',
  socket: 'This is asked on the control socket only.',
} as const satisfies Record<Access, string>;

/** A refusal as an answer: its body and its status. */
export function problem<S extends 400 | 401 | 403 | 404 | 409 | 413 | 421 | 429 | 500>(
  status: S,
  code: string,
  words: string,
  advice = '',
): [object, S] {
  return [{ error: { code, words, advice } }, status];
}

/** Sends as fast as it is read: a reader who is slow holds no rows in memory. */
function pieces(lines: Iterable<string>): ReadableStream<Uint8Array> {
  const source = lines[Symbol.iterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      let text = '';
      for (let count = 0; count < pieceRows; count++) {
        const next = source.next();
        if (next.done === true) {
          if (text !== '') controller.enqueue(encoder.encode(text));
          controller.close();
          return;
        }
        text += next.value;
      }
      controller.enqueue(encoder.encode(text));
    },
  });
}
