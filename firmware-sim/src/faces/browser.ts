/**
 * The browser face: the device as one can see and click it, on a page of this computer. What the page may do is what a finger may:
 * look, press, move the cable.
 *
 * Who gets in: the address holds a one-time token in its fragment, which no server and no log sees; the page exchanges it for a
 * bearer token that every request after that must carry. A page of another origin cannot speak here (Host, Origin and
 * Sec-Fetch-Site are checked, and no header allows it), and whatever a press was meant for, it counts only for the view that the page
 * showed: a hold, too, counts only while the view is the one that its press met. It listens on 127.0.0.1 only.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Key } from '../board.ts';
import { isKey } from '../control-command.ts';
import { picture } from '../picture.ts';
import { encodePng } from '../png.ts';
import type { DeviceView, SimulatedDevice } from '../simulated-device.ts';
import { type PageFile, pageFile } from './page-files.ts';

export type BrowserFace = {
  /** The address that can be opened now. */
  readonly url: () => string;
  /** Hears the next address whenever one was used; returns how to end that. */
  readonly watch: (listener: (url: string) => void) => () => void;
  readonly close: () => void;
};

/** Tabs at a time; the oldest loses its place. */
const sessionsMax = 4;
/** Event streams at a time: one a tab, and one that has not noticed its end. */
const streamsMax = 8;
const connectionsMax = 32;
/** A key and a number; a token. */
const bodyMax = 1024;
/** A page that does not read: some hundred pictures. */
const unsentMax = 1024 * 1024;

const security = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const;

/** Serves the page until `close`. */
export async function browserFace(device: SimulatedDevice): Promise<BrowserFace> {
  const server = createServer();
  server.maxConnections = connectionsMax;
  const host = `127.0.0.1:${await listen(server)}`;
  const streams = new Set<ServerResponse>();
  const listeners = new Set<(url: string) => void>();
  let token = newToken();
  let bearers: readonly string[] = [];
  let down: { readonly key: Key; readonly began: number; readonly count: number } | null = null;
  const url = (): string => `http://${host}/#${token}`;

  function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const link = isLink(request) && request.url === '/';
    if (!isFromHere(request, host, link)) return end(response, 403, 'This address is for its own page only.\n');
    const file = request.method === 'GET' ? pageFile(request.url ?? '') : null;
    if (file !== null) return sendFile(response, file);
    const route = `${request.method} ${request.url}`;
    if (route === 'POST /session') return openSession(response, body);
    if (!bearers.some((bearer) => isSame(request.headers.authorization ?? '', `Bearer ${bearer}`)))
      return end(response, 401, 'Open the address that the simulator printed last.\n');
    if (route === 'GET /events') return openStream(response);
    if (route === 'POST /press') return press(response, body);
    if (route === 'POST /hold') return hold(response, body);
    if (route === 'POST /cable') return void moveCable(response, body);
    end(response, 404, 'No such thing here.\n');
  }

  function openSession(response: ServerResponse, body: string): void {
    if (!isSame(body, token)) return end(response, 403, 'This address was used before. Open the one printed last.\n');
    token = newToken();
    const bearer = newToken();
    bearers = [...bearers, bearer].slice(-sessionsMax);
    end(response, 200, JSON.stringify({ bearer }), 'application/json');
    for (const listener of listeners) listener(url());
  }

  function openStream(response: ServerResponse): void {
    if (streams.size >= streamsMax) return end(response, 503, 'Too many pages show this device.\n');
    streams.add(response);
    response.on('close', () => streams.delete(response));
    response.writeHead(200, { ...security, 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.write(eventOf(device.view(), device));
  }

  function press(response: ServerResponse, body: string): void {
    const { key, count } = fieldsOf(body);
    if (!isKey(key)) return end(response, 400, 'A key is approve, deny, next or back.\n');
    if (count !== device.view().count) return end(response, 409, 'The screen has changed since.\n');
    // The press began here and now; the page says later whether the key is still down.
    const began = device.now();
    device.press(key, began);
    down = { key, began, count };
    end(response, 204, '');
  }

  /** The key of the last press is still down. Whether that is long enough is the device's to say. */
  function hold(response: ServerResponse, body: string): void {
    const { key } = fieldsOf(body);
    if (down === null || down.key !== key) return end(response, 409, 'No such key is down.\n');
    const { key: held, began, count } = down;
    down = null;
    if (count !== device.view().count) return end(response, 409, 'The screen has changed since.\n');
    device.hold(held, began);
    end(response, 204, '');
  }

  async function moveCable(response: ServerResponse, body: string): Promise<void> {
    const { plugged } = fieldsOf(body);
    if (typeof plugged !== 'boolean') return end(response, 400, 'The cable is plugged or not.\n');
    const refused = await (plugged ? device.plug() : device.unplug());
    if (refused === null) end(response, 204, '');
    else end(response, 409, `${refused.refused}\n`);
  }

  const unwatch = device.watch((view) => {
    if (streams.size === 0) return;
    const event = eventOf(view, device);
    for (const stream of streams) {
      if (stream.writableLength > unsentMax) stream.destroy();
      else stream.write(event);
    }
  });
  server.on('request', (request, response) => {
    void bodyOf(request).then((body) => {
      if (body === null) end(response, 413, 'That is too much.\n');
      else answer(request, response, body);
    });
  });
  return {
    url,
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      unwatch();
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * By name of the host (a foreign name that resolves to this computer is refused), by origin, and by what the browser says of itself.
 * The page alone, which holds nothing, may be opened by a `link` on another page of this computer: the dashboard has one.
 */
function isFromHere({ headers, method }: IncomingMessage, host: string, link: boolean): boolean {
  const { origin, host: named, 'sec-fetch-site': site } = headers;
  if (named !== host) return false;
  if (origin === undefined ? method !== 'GET' : origin !== `http://${host}`) return false;
  return site === undefined || site === 'same-origin' || site === 'none' || (link && site === 'same-site');
}

/** Somebody clicked: a tab is opened, and no page can read what comes. */
function isLink({ headers, method }: IncomingMessage): boolean {
  return method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

function eventOf({ screen, waiting, count }: DeviceView, { board }: SimulatedDevice): string {
  const image = picture(screen, board);
  const { width, height } = image;
  const png = encodePng(image).toString('base64');
  const view = { board: board.name, keys: board.keys, width, height, png, rows: screen?.rows ?? null, waiting, count };
  return `event: view\ndata: ${JSON.stringify(view)}\n\n`;
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {}; // refused as what it is: no key, no cable
  }
}

/** The body as text; null when it is too long. A request that breaks off is never answered. */
function bodyOf(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => {
      // What comes after the limit is read and forgotten.
      if (body.length <= bodyMax) body += text;
      if (body.length > bodyMax) resolve(null);
    });
    request.on('end', () => resolve(body));
    request.on('error', () => request.destroy());
  });
}

function sendFile(response: ServerResponse, { type, bytes }: PageFile): void {
  response.writeHead(200, { ...security, 'Content-Type': type }).end(bytes);
}

function end(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { ...security, 'Content-Type': type }).end(body);
}

function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Compares without telling by its time how much was right. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('A TCP server has a port.'));
      resolve(address.port);
    });
  });
}
