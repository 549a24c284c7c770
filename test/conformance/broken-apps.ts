/** Devices that are wrong in one way about requests that apps signed, about apps, and about grants. */
import type { DeviceError, Message, Reply, Request } from '@sallyport/device-protocol';
import type { BrokenDevice } from './broken-devices.ts';
import type { Flaw } from './virtual-device.ts';

const saying = (name: string, rule: string, change: (message: Message) => readonly Message[]): BrokenDevice => ({
  name,
  rule,
  flaw: () => ({ messageOut: change }),
});

const answering = (
  name: string,
  rule: string,
  change: (reply: Reply<'nip46_request'>) => readonly Message[],
): BrokenDevice =>
  saying(name, rule, (one) => (one.type === 'reply' && one.command === 'nip46_request' ? change(one) : [one]));

/** Something else in place of this error. */
const forgiving = (
  name: string,
  rule: string,
  error: DeviceError,
  change: (id: number) => readonly Message[],
): BrokenDevice =>
  saying(name, rule, (one) =>
    one.type === 'error' && one.command === 'nip46_request' && one.error === error ? change(one.id) : [one],
  );

const shown = (id: number): Message => ({
  type: 'notice',
  notice: 'progress',
  body: { request: id, step: 'waiting_for_button', left: 60_000 },
});
const refusal = (id: number, error: DeviceError): Message => ({ type: 'error', id, command: 'nip46_request', error });
const done = (id: number): Message => ({ type: 'reply', id, command: 'nip46_request', body: { result: 'ack' } });

/** Says that it did what it was asked, and did nothing. */
const pretending = (command: 'grant_revoke' | 'client_revoke'): Flaw => ({
  messageIn: (message, bytes, { say }) => {
    if (message.type !== 'request' || message.command !== command) return [bytes];
    say({ type: 'reply', id: message.id, command, body: {} });
    return [];
  },
});

const isSigned = 'what an app signed is shown';
const isTold = 'a paired app is told its public key';
const notSigned = 'what an app did not sign just so';
const nobodyCan = 'what an app signed and nobody can do';
const once = 'an event is taken once';
const grants = 'a grant signs without a press';
const listed = 'a paired app is in the list';
const large = 'a large request is read as it was signed';

export const brokenApps: readonly BrokenDevice[] = [
  answering('signs something else', isSigned, (one) => [
    { ...one, body: { ...one.body, ...(one.body.sig === undefined ? {} : { sig: new Uint8Array(64).fill(1) }) } },
  ]),
  saying('does not say that it waits', isSigned, (one) =>
    one.type === 'notice' && one.notice === 'progress' ? [] : [one],
  ),
  answering('asks for the public key', isTold, (one) => [shown(one.id), one]),
  answering('tells another key', isTold, (one) => [
    { ...one, body: { ...one.body, ...(one.body.pubkey === undefined ? {} : { pubkey: new Uint8Array(32) }) } },
  ]),
  forgiving('does what the app did not sign', notSigned, 'unauthenticated', (id) => [done(id)]),
  forgiving('shows a request before it verified it', notSigned, 'unauthenticated', (id) => [
    shown(id),
    refusal(id, 'unauthenticated'),
  ]),
  forgiving('says which check it was', notSigned, 'unauthenticated', (id) => [
    { type: 'error', id, command: 'nip46_request', error: 'unauthenticated', detail: 'the MAC' },
  ]),
  forgiving('calls an app that it does not know unauthenticated', notSigned, 'unknown_client', (id) => [
    refusal(id, 'unauthenticated'),
  ]),
  forgiving('signs kind 14 for an app', nobodyCan, 'forbidden_kind', (id) => [done(id)]),
  forgiving('shows what it will refuse', nobodyCan, 'invalid_params', (id) => [
    shown(id),
    refusal(id, 'invalid_params'),
  ]),
  forgiving('takes an event twice', once, 'replayed', (id) => [done(id)]),
  answering('asks in spite of a grant', grants, (one) => [shown(one.id), one]),
  saying('gives no grant and says nothing of it', grants, (one) =>
    one.type === 'reply' && one.command === 'grants_propose' ? [{ ...one, body: { given: [false] } }] : [one],
  ),
  saying('has no list of grants', grants, (one) =>
    one.type === 'reply' && one.command === 'grants' ? [{ ...one, body: { total: 0, grants: [] } }] : [one],
  ),
  { name: 'keeps a grant that was taken away', rule: grants, flaw: () => pretending('grant_revoke') },
  saying('has no list of apps', listed, (one) =>
    one.type === 'reply' && one.command === 'clients' ? [{ ...one, body: { total: 0, clients: [] } }] : [one],
  ),
  { name: 'keeps an app that was revoked', rule: listed, flaw: () => pretending('client_revoke') },
  {
    name: 'takes every pairing for announced',
    rule: listed,
    flaw: () => ({
      messageIn: (message, bytes) =>
        message.type === 'request' && message.command === 'client_introduce'
          ? [{ ...message, body: { ...message.body, announced: true } }]
          : [bytes],
    }),
  },
  { name: 'reads every chunk twice and believes the second', rule: large, flaw: readingTwice },
];

/** Asks for each chunk once more, and gives the firmware what came the second time. */
function readingTwice(): Flaw {
  const asked = new Map<number, Request<'chunk_get'>>();
  const again = new Map<number, number>();
  let nextId = 0xe000_0001;
  return {
    messageOut: (message) => {
      if (message.type === 'request' && message.command === 'chunk_get') asked.set(message.id, message);
      return [message];
    },
    messageIn: (message, bytes, { say }) => {
      if (message.type !== 'reply' || message.command !== 'chunk_get') return [bytes];
      const first = again.get(message.id);
      if (first !== undefined) return [{ ...message, id: first }];
      const request = asked.get(message.id);
      if (request === undefined) return [bytes];
      again.set(nextId, message.id);
      say({ ...request, id: nextId });
      nextId += 2;
      return [];
    },
  };
}
