/** Relays that cannot be reached, by the real ws and the real network of this machine: a sentence, and no code. */
import { createServer } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { relayTrouble } from '../../host/src/relays/relay-trouble.ts';

test('nobody listens, by address and by a name with several of them', async () => {
  const server = createTcpServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  for (const name of ['127.0.0.1', 'localhost']) {
    expect(await troubleOf(`ws://${name}:${port}`)).toBe('Nobody listens at this address.');
  }
});

test('a web server that is no relay', async () => {
  const server = createServer((_request, response) => response.writeHead(404).end());
  const port = await listening(server);
  expect(await troubleOf(`ws://127.0.0.1:${port}`)).toBe('A web server answers there (HTTP 404), and no relay.');
  server.close();
});

test('no TLS where it was expected', async () => {
  const server = createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const port = await listening(server);
  expect(await troubleOf(`wss://127.0.0.1:${port}`)).toBe('It speaks no TLS; is it a ws:// address?');
  server.close();
});

test.each([
  ['ENOTFOUND', 'There is no such name on the network.'],
  ['CERT_HAS_EXPIRED', 'Its certificate has expired.'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Its certificate is for another name.'],
  ['EWHATEVER', 'what the system says'],
])('%s', (code, words) => {
  expect(relayTrouble(Object.assign(new Error('what the system says'), { code }))).toBe(words);
});

function troubleOf(url: string): Promise<string> {
  return new Promise((resolve) => new WebSocket(url).once('error', (error) => resolve(relayTrouble(error))));
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('a TCP server has a port'));
    });
  });
}
