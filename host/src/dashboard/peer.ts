/** Who is at the other end of a loopback connection, where the system says it: Linux lists every socket with its user. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Whether it is known that another user of this computer connected. Elsewhere than on Linux nobody says, and the code has to do. */
export function isOfAnotherUser(socket: Pick<Socket, 'remotePort' | 'localPort'>): boolean {
  if (process.platform !== 'linux') return false;
  let table: string;
  try {
    table = readFileSync('/proc/net/tcp', 'latin1');
  } catch {
    return false; // A system that hides it; the code has to do there, too.
  }
  const user = userOf(table, socket.remotePort ?? 0, socket.localPort ?? 0);
  return user !== null && user !== process.getuid?.() && user !== 0;
}

/** The user whose socket on 127.0.0.1 has this port and is connected to that one, in the table of proc(5), /proc/net/tcp. */
export function userOf(table: string, port: number, connectedTo: number): number | null {
  const wanted = `${loopback(port)} ${loopback(connectedTo)}`;
  for (const line of table.split('\n')) {
    const [, here, there, , , , , user] = line.trim().split(/\s+/);
    if (`${here} ${there}` === wanted && user !== undefined) return Number(user);
  }
  return null;
}

function loopback(port: number): string {
  return `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}
