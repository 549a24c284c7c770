/**
 * A NIP-46 client that is never the bottleneck: requests are encrypted and signed before the run, answers are only taken down
 * while it lasts, and are decrypted and judged after it.
 */
import * as nip44 from 'nostr-tools/nip44';
import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { type RawData, WebSocket } from 'ws';

export type Ask = { readonly method: string; readonly params: readonly string[] };

/** A request that is ready to be sent. */
export type Prepared = { readonly id: string; readonly ask: Ask; readonly message: string };

/** A request and what came of it. `ms` is from sending to the arrival of the answer; null when none came. */
export type Exchange = {
  readonly ask: Ask;
  readonly sentAt: number;
  readonly ms: number | null;
  readonly result: string | null;
  readonly error: string | null;
};

export type Nip46Client = {
  readonly pubkey: string;
  readonly prepare: (asks: readonly Ask[]) => readonly Prepared[];
  /** Keeps so many requests in flight until all are answered, or `patienceMs` brought nothing new. */
  readonly run: (requests: readonly Prepared[], inFlight: number, patienceMs?: number) => Promise<readonly Exchange[]>;
  readonly close: () => void;
};

/** Connects to the relay and listens for answers of the signer; nothing is asked yet. */
export async function nip46Client(relay: string, signer: string, key = generateSecretKey()): Promise<Nip46Client> {
  const pubkey = getPublicKey(key);
  const conversation = nip44.v2.utils.getConversationKey(key, signer);
  const socket = new WebSocket(relay, { perMessageDeflate: false });
  let prepared = 0;
  let onAnswer = (_text: string): void => undefined;
  let onListening = (): void => undefined;
  let onClosed = (): void => undefined;
  const listening = new Promise<void>((resolve, reject) => {
    onListening = resolve;
    socket.once('error', reject);
  });
  socket.on('error', () => onClosed()); // a killed host resets its connections
  socket.on('close', () => onClosed());
  socket.on('message', (data: RawData) => {
    const text = String(data);
    if (text.startsWith('["EVENT"')) onAnswer(text);
    else if (text.startsWith('["EOSE"')) onListening();
  });
  socket.once('open', () => {
    socket.send(JSON.stringify(['REQ', 'answers', { kinds: [24133], authors: [signer], '#p': [pubkey] }]));
  });
  await listening;

  return {
    pubkey,
    prepare: (asks) =>
      asks.map((ask) => {
        const id = `${pubkey.slice(0, 8)}-${++prepared}`;
        const content = nip44.v2.encrypt(JSON.stringify({ id, ...ask }), conversation);
        const created_at = Math.floor(Date.now() / 1000);
        const event = finalizeEvent({ kind: 24133, created_at, tags: [['p', signer]], content }, key);
        return { id, ask, message: JSON.stringify(['EVENT', event]) };
      }),
    run: async (requests, inFlight, patienceMs = 60_000) => {
      const sent = new Map<string, number>();
      const answers: { readonly at: number; readonly text: string }[] = [];
      await new Promise<void>((resolve) => {
        let next = 0;
        const give = (): void => {
          const request = requests[next++];
          if (request === undefined) return;
          sent.set(request.id, performance.now());
          socket.send(request.message);
        };
        let patience = setTimeout(resolve, patienceMs);
        onClosed = resolve;
        onAnswer = (text) => {
          answers.push({ at: performance.now(), text });
          clearTimeout(patience);
          if (answers.length === requests.length) return resolve();
          patience = setTimeout(resolve, patienceMs);
          give();
        };
        if (socket.readyState !== WebSocket.OPEN) resolve();
        for (let i = 0; i < inFlight; i++) give();
      });
      onAnswer = () => undefined;
      return judge(requests, sent, answers, conversation);
    },
    close: () => socket.terminate(),
  };
}

function judge(
  requests: readonly Prepared[],
  sent: ReadonlyMap<string, number>,
  answers: readonly { readonly at: number; readonly text: string }[],
  conversation: Uint8Array,
): readonly Exchange[] {
  const byId = new Map<string, { at: number; result: string | null; error: string | null }>();
  for (const { at, text } of answers) {
    const content = String(JSON.parse(text)[2].content);
    const answer: Record<string, unknown> = JSON.parse(nip44.v2.decrypt(content, conversation));
    const id = String(answer['id']);
    if (byId.has(id)) throw new Error(`two answers to the request ${id}`);
    byId.set(id, { at, result: textOf(answer['result']), error: textOf(answer['error']) });
  }
  return requests.map(({ id, ask }) => {
    const [answer, start] = [byId.get(id), sent.get(id)];
    const sentAt = start ?? Number.NaN;
    if (answer === undefined) return { ask, sentAt, ms: null, result: null, error: null };
    return { ask, sentAt, ms: answer.at - sentAt, result: answer.result, error: answer.error };
  });
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
