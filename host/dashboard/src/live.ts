/**
 * What the host says as it happens. The stream begins with a snapshot, so coming back after a break needs no memory: what was shown
 * meanwhile is marked as old. Views that show lists ask for them again at each `beat`.
 */
import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type { Answer } from '../../src/control/routes.ts';
import { call, type Failed, stream } from './api.ts';
import { entry } from './session.ts';

export type Status = Answer<'GET /v0/status'>;

/** The last status; null before the first. */
export const status = signal<Status | null>(null);
/** `lost`: no host answers. What is shown is old. */
export const link = signal<'opening' | 'live' | 'lost'>('opening');
/** Counts the changes that the host told, five in a second at most. */
export const beat = signal(0);
/** The host's clock, in ms: this computer's, unless a test moved one of them. */
export const now = signal(Date.now());

/** From a lost connection to the next try; a host that starts takes about a second. */
const retryMs = 1_000;

export const isLost = computed(() => link.value === 'lost');

/** Listens as long as this page is there. */
export function listen(): void {
  setInterval(() => {
    now.value = Date.now();
  }, 1_000);
  document.addEventListener('visibilitychange', () => {
    beat.value++;
  });
  let ending: AbortController | null = null;
  effect(() => {
    ending?.abort();
    ending = null;
    if (entry.value.at !== 'inside') return;
    ending = new AbortController();
    void listenOn(ending.signal);
  });
}

async function listenOn(until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    const body = await stream('GET /v0/watch', {}, until);
    if (until.aborted) return;
    if (body !== null) await hear(body);
    if (until.aborted) return;
    link.value = 'lost';
    await new Promise((settle) => setTimeout(settle, retryMs));
  }
}

async function hear(body: ReadableStream<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const piece of body) {
      text += decoder.decode(piece, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) take(event);
    }
  } catch {
    return; // The connection broke: the caller says so.
  }
}

function take(event: string): void {
  const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
  if (name === undefined || data === undefined) return;
  link.value = 'live';
  // Requests are told one by one, and their status once for all that came together: that is often enough to ask for lists.
  if (name !== 'status') return;
  status.value = JSON.parse(data) as Status;
  beat.value++;
}

export type Kept<T> = { readonly value: ReadonlySignal<T | null>; readonly refresh: () => Promise<void> };

/** A list of the host that is asked for again whenever something changed; null before the first answer. */
export function kept<T>(ask: () => Promise<{ readonly ok: true; readonly answer: T } | Failed>): Kept<T> {
  const value = signal<T | null>(null);
  let asking = false;
  let again = false;
  const refresh = async (): Promise<void> => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    const said = await ask();
    asking = false;
    if (said.ok) value.value = said.answer;
    if (again) {
      again = false;
      await refresh();
    }
  };
  effect(() => {
    // A page that nobody looks at asks for nothing; it does when it is looked at again.
    if (beat.value > 0 && entry.value.at === 'inside' && !document.hidden) void refresh();
  });
  return { value, refresh };
}

export const requests = kept(() => call('GET /v0/requests'));
export const apps = kept(() => call('GET /v0/apps'));
/** The bunker lines. */
export const lines = kept(() => call('GET /v0/secrets'));
