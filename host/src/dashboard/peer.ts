/** Who is at the other end of a loopback connection, where the system says it: Linux lists every socket with its user. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** An IPv4 address as a socket of IPv6 has it (`::ffff:127.0.0.1`), in those tables. */
const mapped = '0000000000000000FFFF0000';

/** Whether it is known that another user of this computer connected. Elsewhere than on Linux nobody says, and the code has to do. */
export function isOfAnotherUser(socket: Pick<Socket, 'remoteAddress' | 'remotePort' | 'localPort'>): boolean {
  if (process.platform !== 'linux') return false;
  const user = userOf(connections(), socket.remoteAddress ?? '', socket.remotePort ?? 0, socket.localPort ?? 0);
  return user !== null && user !== process.getuid?.() && user !== 0;
}

/** Every connection. A socket of IPv6 can connect here, too, and stands in a table of its own. */
export function connections(): string {
  return `${table('tcp')}\n${table('tcp6')}`;
}

/**
 * The user whose socket has this address and port and is connected to that one of 127.0.0.1, in the tables of proc(5). Whoever connects
 * chooses the address: all of 127.0.0.0/8 is this computer.
 */
export function userOf(tables: string, address: string, port: number, connectedTo: number): number | null {
  const wanted = `${written(address, port)} ${written('127.0.0.1', connectedTo)}`;
  for (const line of tables.split('\n')) {
    const [, here, there, , , , , user] = line.trim().split(/\s+/);
    if (`${here} ${there}`.replaceAll(mapped, '') === wanted && user !== undefined) return Number(user);
  }
  return null;
}

function table(name: 'tcp' | 'tcp6'): string {
  try {
    return readFileSync(`/proc/net/${name}`, 'latin1');
  } catch {
    return ''; // A system that hides it, or has no IPv6; the code has to do there, too.
  }
}

function written(address: string, port: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
  const bytes = address.split('.').reverse();
  return `${bytes.map((byte) => hex(Number(byte), 2)).join('')}:${hex(port, 4)}`;
}
