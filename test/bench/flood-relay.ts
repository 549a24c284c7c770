/**
 * A relay that floods whoever listens with requests of strangers: `flood-relay.ts SIGNER`. It says its address in one JSON line, and
 * begins and ends on a line of stdin: the events per second. Every tenth is genuine; of the others only the shape is right.
 */
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { generateSecretKey } from 'nostr-tools/pure';
import { type WebSocket, WebSocketServer } from 'ws';
import { remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';

/** How often events are sent, in ms: what is due since the last time goes out together. */
const beatMs = 5;
/** As many genuine events as are sent in the longest flood; made beforehand, each by a key of its own. */
const genuineMax = 2_500;

const random = (): Uint8Array => Uint8Array.from(randomBytes(64));
let genuine: string[] = [];
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
let listener: { readonly socket: WebSocket; readonly subscription: string } | null = null;
let signer = '';
let sent = 0;
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const [label, subscription, filter] = JSON.parse(String(data));
    if (label !== 'REQ') return;
    const [addressee] = filter['#p'] ?? [];
    socket.send(JSON.stringify(['EOSE', subscription]));
    if (addressee !== undefined) {
      listener = { socket, subscription };
      signer = addressee;
    }
  });
});
server.once('listening', () => {
  const address = server.address();
  console.log(JSON.stringify({ url: `ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }));
});

let timer: NodeJS.Timeout | undefined;
createInterface({ input: process.stdin })
  .once('close', () => process.exit())
  .on('line', (line) => {
    const { perSecond } = JSON.parse(line);
    clearInterval(timer);
    if (perSecond === 0) return console.log(JSON.stringify({ sent }));
    genuine = Array.from({ length: genuineMax }, genuineEvent);
    sent = 0;
    const began = performance.now();
    timer = setInterval(() => {
      const due = ((performance.now() - began) * perSecond) / 1000;
      while (sent < due) say(sent++);
    }, beatMs);
    console.log(JSON.stringify({ began: true }));
  });

function say(number: number): void {
  const event = number % 10 === 0 ? genuine.pop() : forgedEvent();
  if (event !== undefined) listener?.socket.send(`["EVENT",${JSON.stringify(listener.subscription)},${event}]`);
}

function genuineEvent(): string {
  const createdAt = Math.floor(Date.now() / 1000);
  const text = JSON.stringify({ id: 'a', method: 'connect', params: [signer, 'no secret at all'] });
  const stranger = remoteSigner(generateSecretKey(), primitives);
  return JSON.stringify(stranger.seal({ text, client: signer, encryption: 'nip44', createdAt, random: random() }));
}

function forgedEvent(): string {
  const [id, pubkey] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const [sig, content] = [randomBytes(64).toString('hex'), randomBytes(150).toString('base64')];
  const created_at = Math.floor(Date.now() / 1000);
  return JSON.stringify({ id, pubkey, created_at, kind: 24133, tags: [['p', signer]], content, sig });
}
