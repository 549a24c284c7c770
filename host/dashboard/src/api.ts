/** The control API as this page uses it, typed by the table of routes. What went wrong is a value with words for the user. */
import type { Answer, Call, RouteName } from '../../src/control/routes.ts';
import { entry, turnedAway } from './session.ts';
import { texts } from './texts.ts';

/** Why nothing was done. `code` `gone`: no host answered. */
export type Failed = { readonly ok: false; readonly code: string; readonly words: string; readonly advice: string };
export type Said<N extends RouteName> = { readonly ok: true; readonly answer: Answer<N> } | Failed;

const gone: Failed = { ok: false, code: 'gone', words: texts.gone.title, advice: texts.gone.advice };

/** Asks the host. What waits for a human is answered when they did; aborting gives it up. */
export async function call<N extends RouteName>(name: N, said: Call<N> = {}, until?: AbortSignal): Promise<Said<N>> {
  const response = await send(name, said, until);
  if (response === null) return gone;
  try {
    if (!response.ok) return await failureOf(response);
    const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '');
    // The host checks what it answers against the same table.
    const answer = (isJson ? await response.json() : await response.text()) as Answer<N>;
    return { ok: true, answer };
  } catch {
    return gone; // It ended in the middle of a word.
  }
}

/** The same, for what is read as it comes; null when no host answered or it said no. */
export async function stream<N extends RouteName>(
  name: N,
  said: Call<N> = {},
  until?: AbortSignal,
): Promise<ReadableStream<Uint8Array> | null> {
  const response = await send(name, said, until);
  if (response === null) return null;
  if (!response.ok) {
    await failureOf(response);
    return null;
  }
  return response.body;
}

/** Hands a file to the user: what the host answers, under a name. */
export async function download<N extends RouteName>(name: N, said: Call<N>, file: string): Promise<Failed | null> {
  const response = await send(name, said);
  if (response === null) return gone;
  if (!response.ok) return failureOf(response);
  save(await response.blob(), file);
  return null;
}

/** Has the browser keep this as a file of that name. */
export function save(content: Blob, file: string): void {
  const url = URL.createObjectURL(content);
  const link = Object.assign(document.createElement('a'), { href: url, download: file });
  link.click();
  URL.revokeObjectURL(url);
}

async function send<N extends RouteName>(name: N, said: Call<N>, until?: AbortSignal): Promise<Response | null> {
  if (entry.value.at !== 'inside') return null;
  const [method = '', path = ''] = name.split(' ');
  const headers: Record<string, string> = { authorization: `Bearer ${entry.value.bearer}` };
  if (said.body !== undefined) headers['content-type'] = 'application/json';
  const body = said.body === undefined ? null : JSON.stringify(said.body);
  try {
    return await fetch(addressOf(path, said), { method, headers, body, signal: until ?? null });
  } catch {
    return null; // Nobody listens, or it was given up.
  }
}

async function failureOf(response: Response): Promise<Failed> {
  try {
    const { error } = (await response.json()) as { readonly error: Omit<Failed, 'ok'> };
    // Read first: being turned away ends what is under way.
    if (response.status === 401) turnedAway();
    return { ok: false, code: error.code, words: error.words, advice: error.advice };
  } catch {
    return gone; // It ended in the middle of a word.
  }
}

function addressOf(
  path: string,
  said: { readonly params?: object | undefined; readonly query?: object | undefined },
): string {
  const params = new Map<string, unknown>(Object.entries(said.params ?? {}));
  const whole = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params.get(name))));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(said.query ?? {}))
    if (value !== undefined && value !== '') query.set(name, String(value));
  return query.size === 0 ? whole : `${whole}?${query}`;
}
