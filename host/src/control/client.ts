/**
 * The client of the control API, which the CLI is built on and any program may use. What the host answers is parsed by the table;
 * what went wrong is a value.
 */
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { othersMay } from '../store/private-files.ts';
import { controlAddress, controlHost } from './address.ts';
import { type Answer, type Call, hasSchema, partsOf, type Route, type RouteName, routes } from './routes.ts';
import { problem } from './schemas.ts';

/** `absent`: no host runs with this state directory. `wrong`: it was asked what cannot be asked. `refused`: it said no. `broken`: it met a fault of its own, or what came is no answer. */
export type Failed = {
  readonly type: 'absent' | 'wrong' | 'refused' | 'broken';
  readonly code: string;
  readonly words: string;
  readonly advice: string;
};

export type Answered<N extends RouteName> = { readonly type: 'answer'; readonly answer: Answer<N> } | Failed;

export type ControlClient = {
  readonly call: <N extends RouteName>(name: N, call?: Call<N>, until?: AbortSignal) => Promise<Answered<N>>;
  /** Text as it comes: an export, or `watch`. Settles when it ended. */
  readonly stream: <N extends RouteName>(
    name: N,
    call: Call<N>,
    onText: (text: string) => void,
    until?: AbortSignal,
  ) => Promise<Failed | { readonly type: 'ended' }>;
};

/** A host answers at once; what takes longer than this does not come. */
const patienceMs = 10_000;
/** Unless a human is asked: longer than the host itself has patience with the device. */
const humanMs = 660_000;

/** A client for the host of this state directory. It connects for every call. */
export function controlClient(state: string): ControlClient {
  return {
    call: async (name, call = {}, until) => {
      let text = '';
      const end = await talk(
        state,
        name,
        call,
        (piece) => {
          text += piece;
        },
        until,
      );
      if (until?.aborted) return givenUp;
      if (end.type !== 'ended') return end;
      return readAnswer(name, text);
    },
    stream: (name, call, onText, until) => talk(state, name, call, onText, until),
  };
}

function readAnswer<N extends RouteName>(name: N, text: string): Answered<N> {
  const { answer }: Route = routes[name];
  if (!hasSchema(answer)) return { type: 'answer', answer: text as Answer<N> };
  const parsed = parseJson(text, answer);
  return parsed === null ? broken : { type: 'answer', answer: parsed as Answer<N> };
}

function talk<N extends RouteName>(
  state: string,
  name: N,
  call: Call<N>,
  onText: (text: string) => void,
  until?: AbortSignal,
): Promise<Failed | { readonly type: 'ended' }> {
  const { method, path } = partsOf(name);
  const body = call.body === undefined ? null : JSON.stringify(call.body);
  const address = controlAddress(state);
  const headers = { host: controlHost, ...tokenOf(address.tokenFile), ...bodyHeaders(body) };
  const absent: Failed = { ...noHost, words: `No Sallyport is running with ${state}.` };
  if (isForeign(address.dir)) return Promise.resolve(absent);
  return new Promise((settle) => {
    const options = { socketPath: address.path, method, path: filled(path, call), headers, agent: false };
    const asked = httpRequest({ ...options, ...(until === undefined ? {} : { signal: until }) }, (response) => {
      asked.setTimeout(0);
      void hear(response, onText, until).then(settle);
    });
    const { human }: Route = routes[name];
    asked.setTimeout(human ? humanMs : patienceMs, () => asked.destroy());
    asked.on('error', () => settle(until?.aborted ? { type: 'ended' } : absent));
    asked.end(body ?? undefined);
  });
}

async function hear(
  response: IncomingMessage,
  onText: (text: string) => void,
  until?: AbortSignal,
): Promise<Failed | { readonly type: 'ended' }> {
  response.setEncoding('utf8');
  const ok = response.statusCode === 200;
  let words = '';
  try {
    for await (const piece of response) {
      if (ok) onText(String(piece));
      else words += String(piece);
    }
  } catch {
    return until?.aborted ? { type: 'ended' } : broken; // The host ended in the middle of it.
  }
  if (ok) return { type: 'ended' };
  const said = parseJson(words, problem) as z.output<typeof problem> | null;
  return said === null ? broken : { type: failedBy(response.statusCode ?? 500), ...said.error };
}

function failedBy(status: number): Failed['type'] {
  if (status >= 500) return 'broken';
  return status === 400 ? 'wrong' : 'refused';
}

function filled(path: string, call: { readonly params?: unknown; readonly query?: unknown }): string {
  const params = new Map(Object.entries(call.params ?? {}));
  const whole = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params.get(name))));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? whole : `${whole}?${query}`;
}

/** A socket in somebody else's directory is not our host's, whatever it answers: bunker lines would come from a stranger. */
function isForeign(dir: string | null): boolean {
  try {
    return dir !== null && othersMay(dir) !== null;
  } catch {
    return false; // No directory, no host: connecting says so.
  }
}

function bodyHeaders(body: string | null): Record<string, string> {
  if (body === null) return {};
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
}

function tokenOf(file: string | null): Record<string, string> {
  if (file === null) return {};
  try {
    return { authorization: `Bearer ${readFileSync(file, 'latin1').trim()}` };
  } catch {
    return {}; // No host runs; connecting says so.
  }
}

function parseJson(text: string, schema: z.ZodType): unknown {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // No JSON is no answer.
  }
}

const noHost: Failed = {
  type: 'absent',
  code: 'not_running',
  words: 'No Sallyport is running.',
  advice:
    'Start it: sallyport run. If it runs with another --state, as a demo does, say that here, too: its first lines name it.',
};

const givenUp: Failed = { type: 'broken', code: 'cancelled', words: 'It was given up.', advice: '' };

const broken: Failed = {
  type: 'broken',
  code: 'broken',
  words: 'What the host answered is no answer.',
  advice: 'Perhaps it ended, or is of another version than this command.',
};
