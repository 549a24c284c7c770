/**
 * How this tab is let in: the one-time code of its address becomes a bearer, which this tab alone keeps (sessionStorage: no cookie, no
 * other tab, no other port). The code is taken out of the address at once, so that no history has it.
 */
import { signal } from '@preact/signals';

/** `opening`: the code is being exchanged. `outside`: there is nothing to come in by, or it was refused, in these words. */
export type Entry =
  | { readonly at: 'opening' }
  | { readonly at: 'inside'; readonly bearer: string }
  | { readonly at: 'outside'; readonly why: 'no_code' | 'unknown_code' | 'too_many_tries' | 'not_let_in' | 'gone' };

export const entry = signal<Entry>({ at: 'opening' });

/** What the link that let this tab in asks for, beside: `pair` a new app. Who shows it takes it away. */
export const wanted = signal<string | null>(null);

const storageName = 'sallyport-bearer';

/** Comes in by the code in the address, or by what this tab has from before. */
export async function enter(): Promise<void> {
  // Following a link in a tab that shows this page already loads nothing: only the address changes.
  addEventListener('hashchange', () => {
    const link = linkInAddress();
    if (link !== null) void exchange(link);
  });
  const link = linkInAddress();
  if (link !== null) return exchange(link);
  const bearer = sessionStorage.getItem(storageName);
  entry.value = bearer === null ? { at: 'outside', why: 'no_code' } : { at: 'inside', bearer };
}

type Link = { readonly code: string; readonly to: string | null };

function linkInAddress(): Link | null {
  const [, code, to = null] = /^#code=([\w-]+)(?:&to=(\w+))?$/.exec(location.hash) ?? [];
  return code === undefined ? null : { code, to };
}

async function exchange({ code, to }: Link): Promise<void> {
  history.replaceState(null, '', '#/');
  const headers = { 'content-type': 'application/json' };
  try {
    const said = await fetch('/session', { method: 'POST', headers, body: JSON.stringify({ code }) });
    if (said.ok) {
      const { bearer } = (await said.json()) as { readonly bearer: string };
      sessionStorage.setItem(storageName, bearer);
      entry.value = { at: 'inside', bearer };
      wanted.value = to;
    } else {
      entry.value = { at: 'outside', why: said.status === 429 ? 'too_many_tries' : 'unknown_code' };
    }
  } catch {
    entry.value = { at: 'outside', why: 'gone' };
  }
}

/** The host does not know this tab (any more): it was started again, or the week is over. */
export function turnedAway(): void {
  sessionStorage.removeItem(storageName);
  entry.value = { at: 'outside', why: 'not_let_in' };
}

/** The user leaves: nobody comes in by this tab again. */
export async function leave(): Promise<void> {
  const left = entry.value;
  // Here first: a host that is gone cannot be told, and whoever waits for it has not left yet.
  sessionStorage.removeItem(storageName);
  entry.value = { at: 'outside', why: 'no_code' };
  if (left.at !== 'inside') return;
  try {
    await fetch('/session', { method: 'DELETE', headers: { authorization: `Bearer ${left.bearer}` } });
  } catch {
    return; // A host that ended has forgotten every tab.
  }
}
