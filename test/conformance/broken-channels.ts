/** Devices whose channel, or whose memory of computers, is wrong in one way each. */
import type { Message } from '@sallyport/device-protocol';
import type { BrokenDevice } from './broken-devices.ts';
import type { ChannelFlaw } from './virtual-channel.ts';

const channel = (name: string, rule: string, flaw: ChannelFlaw): BrokenDevice => ({
  name,
  rule,
  flaw: () => ({ channel: flaw }),
});

const saying = (name: string, rule: string, change: (message: Message) => Message): BrokenDevice => ({
  name,
  rule,
  flaw: () => ({ messageOut: (message) => [change(message)] }),
});

const notPaired = 'a computer that nobody paired is not_paired';
const knownNext = 'a paired computer is known in the next session';

const logged = 'a pairing is in the log';
const wholeLog = 'the log begins at the number';

const logs: readonly BrokenDevice[] = [
  saying('changes an entry of its log', logged, (one) =>
    one.type === 'reply' && one.command === 'log_read'
      ? {
          ...one,
          body: { ...one.body, entries: one.body.entries.map((row) => ({ ...row, entry: changed(row.entry) })) },
        }
      : one,
  ),
  {
    name: 'signs its head once and for all',
    rule: logged,
    flaw: () => {
      let first: Message | null = null;
      return {
        messageOut: (one) => {
          if (one.type !== 'reply' || one.command !== 'log_head') return [one];
          first ??= one;
          return [{ ...first, id: one.id }];
        },
      };
    },
  },
  saying('says another head than its entries lead to', logged, (one) =>
    one.type === 'reply' && one.command === 'log_head'
      ? { ...one, body: { ...one.body, head: changed(one.body.head) } }
      : one,
  ),
  saying('numbers its entries anew', logged, (one) =>
    one.type === 'reply' && one.command === 'log_read'
      ? {
          ...one,
          body: { ...one.body, entries: one.body.entries.map((row, i) => ({ ...row, number: i + 1 })) },
        }
      : one,
  ),
  saying('says that it keeps what it does not', wholeLog, (one) =>
    one.type === 'reply' && one.command === 'log_read' ? { ...one, body: { ...one.body, first: 0 } } : one,
  ),
  saying('forgets its log', wholeLog, (one) =>
    one.type === 'reply' && one.command === 'log_read' ? { ...one, body: { first: 1, entries: [] } } : one,
  ),
];

function changed(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
}

export const brokenChannels: readonly BrokenDevice[] = [
  channel('goes on unsealed after the handshake', 'the reply to handshake_finish is the first', 'says plain'),
  {
    name: 'does not say its state in a sealed session',
    rule: 'the reply to handshake_finish is the first',
    flaw: () => {
      let said = 0;
      return { messageOut: (one) => (one.type === 'notice' && one.notice === 'state' && said++ > 0 ? [] : [one]) };
    },
  },
  channel('has another static key in each session', 'the static key of the device is the same', 'keys anew'),
  channel('uses one ephemeral key for all', 'the static key of the device is the same', 'ephemeral key again'),
  channel('takes a second handshake', 'one handshake in a session', 'second handshake'),
  channel('takes a key of low order', 'one handshake in a session', 'low order'),
  channel('answers a last handshake message that is none', 'a last handshake message that does', 'any finish'),
  channel('overlooks a sealed message that does not open', 'a sealed message that was changed', 'forgives damage'),
  channel('hears what is not sealed', 'a message that is not sealed ends', 'hears plain'),
  saying('gives its list of computers to anybody', notPaired, (one) =>
    one.type === 'error' && one.command === 'hosts' && one.error === 'not_paired'
      ? { type: 'reply', id: one.id, command: 'hosts', body: { hosts: [] } }
      : one,
  ),
  saying('says that it knows every computer', notPaired, (one) =>
    one.type === 'reply' && one.command === 'handshake_finish' ? { ...one, body: { paired: true } } : one,
  ),
  saying('tells any computer of any request', 'a request belongs to the computer', (one) =>
    one.type === 'reply' && one.command === 'get_result' ? { ...one, body: { ...one.body, state: 'open' } } : one,
  ),
  saying('forgets a request with its session', 'a request belongs to the computer', (one) =>
    one.type === 'reply' && one.command === 'get_result' ? { ...one, body: { ...one.body, state: 'unknown' } } : one,
  ),
  {
    name: 'lets any computer cancel any request',
    rule: 'a request belongs to the computer',
    flaw: () => {
      let sessions = 0;
      let asked = 0;
      return {
        messageIn: (message, bytes, { say }) => {
          if (message.type === 'request' && message.command === 'sign_event') asked = sessions;
          if (message.type === 'request' && message.command === 'get_result') sessions += 1;
          if (message.type === 'cancel' && sessions === asked + 1)
            say({ type: 'error', id: message.id, command: message.command, error: 'cancelled' });
          return [bytes];
        },
      };
    },
  },
  saying('denies what was refused at the computer', 'a pairing that is refused at the computer', (one) =>
    one.type === 'error' && one.command === 'pair_confirm' ? { ...one, error: 'denied' } : one,
  ),
  channel('commits to nothing of the handshake', 'a pairing that is refused at the computer', 'plain commitment'),
  channel('reveals another random', knownNext, 'another random'),
  saying('forgets whom it was paired with', knownNext, (one) =>
    one.type === 'reply' && one.command === 'handshake_finish' ? { ...one, body: { paired: false } } : one,
  ),
  saying('forgets what a computer is called', knownNext, (one) =>
    one.type === 'reply' && one.command === 'hosts'
      ? { ...one, body: { hosts: one.body.hosts.map((host) => ({ ...host, name: '' })) } }
      : one,
  ),
  ...logs,
];
