/** The lists of apps and of grants as the wire says them: a page from some number on, and how many there are. */
import { limits, type ReplyOf } from '@sallyport/device-protocol';
import { type ClientRecord, type Clients, listed } from './clients.ts';
import { bodyOfGrant, liveGrants } from './grants.ts';

/** Paired apps in the order of their slots, which does not change while none comes or goes. */
export function clientsPage(clients: Clients, from: number, now: number): ReplyOf<'clients'> {
  const all = listed(clients);
  const page = all.slice(from, from + limits.listMax).map((record) => {
    const { client, remoteSigner, account, name } = record;
    return { client, remoteSigner, account, name, grants: liveGrants(record, now).length };
  });
  return { total: all.length, clients: page };
}

/** The grants of an app that still hold, in the order they were given. */
export function grantsPage(record: ClientRecord, from: number, now: number): ReplyOf<'grants'> {
  const all = liveGrants(record, now);
  return { total: all.length, grants: all.slice(from, from + limits.listMax).map((grant) => bodyOfGrant(grant, now)) };
}
