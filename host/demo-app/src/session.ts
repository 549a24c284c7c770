/** The app's session with a signer: by a bunker line or a line of its own, each with a key that lives as long as this page. */
import { signal } from '@preact/signals';
import { BUNKER_REGEX, BunkerSigner, createNostrConnectURI, parseBunkerInput } from 'nostr-tools/nip46';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { texts } from './texts.ts';
import { readWith, seenPool } from './wire.ts';

export type Session =
  /** `said`: why the last try came to nothing; empty where there was none. */
  | { readonly at: 'out'; readonly said: string }
  /** `line`: what the signer is to be given; null where the user gave us its line. */
  | { readonly at: 'waiting'; readonly line: string | null }
  | { readonly at: 'in'; readonly signer: BunkerSigner };

export const session = signal<Session>({ at: 'out', said: '' });
/** The page on which the signer wants its user first. */
export const authUrl = signal<URL | null>(null);
export const pool = seenPool();

const name = texts.title;
/** What the signer is asked to allow once and for all, in a line of our own. */
const perms = ['sign_event:1'];

/** Which try is the one that counts: an earlier one that was given up may still end. */
let current = 0;
let ending = new AbortController();

export async function connectBy(line: string): Promise<void> {
  const pointer = BUNKER_REGEX.test(line.trim()) ? await parseBunkerInput(line.trim()) : null;
  if (pointer === null || pointer.relays.length === 0) return leave(texts.noLine);
  await entering(null, newKey(), async (key) => {
    const signer = BunkerSigner.fromBunker(key, pointer, { pool, onauth });
    await signer.connect({ name, url: location.origin });
    return signer;
  });
}

export async function showLine(relay: string): Promise<void> {
  if (!/^wss?:\/\/./.test(relay.trim()) || !URL.canParse(relay.trim())) return leave(texts.noRelay);
  const key = newKey();
  const secret = crypto.randomUUID().replaceAll('-', '');
  const clientPubkey = getPublicKey(key);
  const line = createNostrConnectURI({
    clientPubkey,
    relays: [relay.trim()],
    secret,
    perms,
    name,
    url: location.origin,
  });
  await entering(line, key, (_, until) => BunkerSigner.fromURI(key, line, { pool, onauth }, until));
}

/** Ends the session, or the try. */
export function leave(said = ''): void {
  current++;
  ending.abort();
  if (session.value.at === 'in') void session.value.signer.close();
  authUrl.value = null;
  session.value = { at: 'out', said };
}

export async function logOut(signer: BunkerSigner): Promise<void> {
  try {
    await signer.logout();
    leave();
  } catch (problem) {
    leave(wordsOf(problem));
  }
}

/** A signer refuses with a text, a library with an error; with an error of errors where no relay took what was sent. */
export function wordsOf(problem: unknown): string {
  if (problem instanceof AggregateError) return texts.unreachable;
  return problem instanceof Error ? problem.message : String(problem);
}

type Way = (key: Uint8Array, until: AbortSignal) => Promise<BunkerSigner>;

async function entering(line: string | null, key: Uint8Array, way: Way): Promise<void> {
  leave();
  const mine = current;
  ending = new AbortController();
  session.value = { at: 'waiting', line };
  try {
    const signer = await way(key, ending.signal);
    if (mine !== current) return void signer.close();
    authUrl.value = null;
    session.value = { at: 'in', signer };
  } catch (problem) {
    if (mine === current) leave(wordsOf(problem));
  }
}

function newKey(): Uint8Array {
  const key = generateSecretKey();
  readWith(key);
  return key;
}

/** The address is a signer's word: a page of the web, and shown as a link with all of it. */
function onauth(text: string): void {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return;
  url.searchParams.set('callbackUrl', location.origin);
  authUrl.value = url;
}
