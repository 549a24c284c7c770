/** Devices whose link is right and whose behaviour is wrong in one way each: messages, commands, jobs and streams. */
import { type DeviceError, type ErrorMessage, limits, type Message, type Reply } from '@sallyport/device-protocol';
import type { BrokenDevice } from './broken-devices.ts';
import type { Flaw } from './virtual-device.ts';

/** Changes what the device says. */
const saying = (change: (message: Message) => readonly Message[]): Flaw => ({ messageOut: change });

const replacing = (command: string, change: (reply: Reply) => Message): Flaw =>
  saying((one) => [one.type === 'reply' && one.command === command ? change(one) : one]);

const errorAs = (from: DeviceError, to: DeviceError): Flaw =>
  saying((one) => [one.type === 'error' && one.error === from ? { ...one, error: to } : one]);

const withoutError = (error: DeviceError): Flaw =>
  saying((one) => (one.type === 'error' && one.error === error ? [] : [one]));

const refusal = (id: number, error: DeviceError): ErrorMessage => ({ type: 'error', id, command: 'sign_event', error });

/** Keeps track of what asks the human, as the flaw sees it. */
function openRequests(): { readonly ids: Set<number>; readonly see: (message: Message) => void } {
  const ids = new Set<number>();
  return {
    ids,
    see: (message) => {
      if (message.type === 'reply' || message.type === 'error') ids.delete(message.id);
      if (message.type === 'request' && message.command === 'sign_event') ids.add(message.id);
    },
  };
}

const messages: readonly BrokenDevice[] = [
  {
    name: 'answers what it cannot read',
    rule: 'everything that vectors/cbor.json refuses',
    flaw: () => ({
      messageIn: (message, bytes, { say }) => {
        if (message.type === 'unreadable' && message.request === undefined) say(refusal(0, 'malformed'));
        return [bytes];
      },
    }),
  },
  {
    name: 'overlooks keys that it does not know',
    rule: 'every invalid message of vectors/messages.json',
    flaw: () => ({
      messageIn: (message, bytes) =>
        message.type === 'unreadable' && message.request !== undefined && message.detail.includes('not known')
          ? [{ type: 'request', id: message.request.id, command: 'info', body: {} }]
          : [bytes],
    }),
  },
  {
    name: 'says malformed for values out of range',
    rule: 'every invalid message of vectors/messages.json',
    flaw: () => ({
      messageIn: (message, bytes, { say }) => {
        if (message.type !== 'unreadable' || message.request === undefined) return [bytes];
        say(refusal(message.request.id, 'malformed'));
        return [];
      },
    }),
  },
  {
    name: 'answers cancels',
    rule: 'that nobody waits for are ignored',
    flaw: () => ({
      messageIn: (message, bytes, { say }) => {
        if (message.type === 'cancel') say(refusal(message.id, 'cancelled'));
        return [bytes];
      },
    }),
  },
  {
    name: 'takes odd ids',
    rule: 'an odd id of the host',
    flaw: () => ({
      messageIn: (message, bytes, { say }) => {
        if (message.type !== 'request' || message.id % 2 === 0 || message.command !== 'ping') return [bytes];
        say({ type: 'reply', id: message.id, command: 'ping', body: message.body });
        return [];
      },
    }),
  },
  {
    name: 'forgets the nonce of a ping',
    rule: 'ping gives its nonce back',
    flaw: () =>
      saying((one) => [
        one.type === 'reply' && one.command === 'ping' ? { ...one, body: { nonce: new Uint8Array(8) } } : one,
      ]),
  },
  {
    name: 'answers twice',
    rule: 'ping gives its nonce back',
    flaw: () => saying((one) => (one.type === 'reply' ? [one, one] : [one])),
  },
  {
    name: 'answers under another id',
    rule: 'ping gives its nonce back',
    flaw: () => saying((one) => [one.type === 'reply' ? { ...one, id: one.id + 2 } : one]),
  },
  {
    name: 'answers as another command',
    rule: 'ping gives its nonce back',
    flaw: () => replacing('ping', ({ id }) => ({ type: 'error', id, command: 'info', error: 'busy' })),
  },
  {
    name: 'says another state than it has',
    rule: 'info says state',
    flaw: () =>
      replacing('info', (one) => (one.command === 'info' ? { ...one, body: { ...one.body, state: 'fresh' } } : one)),
  },
  {
    name: 'says no state in a new session',
    rule: 'info says state',
    flaw: () => saying((one) => (one.type === 'notice' && one.notice === 'state' ? [] : [one])),
  },
  {
    name: 'has another key each time',
    rule: 'get_public_key gives the same key',
    flaw: () => {
      let count = 0;
      return replacing('get_public_key', ({ id }) => ({
        type: 'reply',
        id,
        command: 'get_public_key',
        body: { pubkey: new Uint8Array(32).fill(++count) },
      }));
    },
  },
  {
    name: 'knows requests that never were',
    rule: 'an id that was never used',
    flaw: () =>
      replacing('get_result', (one) =>
        one.command === 'get_result' ? { ...one, body: { ...one.body, state: 'ended' } } : one,
      ),
  },
  {
    name: 'lets the host pull',
    rule: 'of the host are unsupported',
    flaw: () => errorAs('unsupported', 'invalid_params'),
  },
];

const asking: readonly BrokenDevice[] = [
  {
    name: 'says that it is busy when it was asked too often',
    rule: 'after five questions in a row',
    flaw: () => errorAs('rate_limited', 'busy'),
  },
  {
    name: 'remembers every no over a yes',
    rule: 'after five questions in a row',
    flaw: () => {
      let signed = 0;
      return saying((one) => {
        if (one.type === 'reply' && one.command === 'sign_event') signed += 1;
        return [one.type === 'error' && one.error === 'denied' && signed > 1 ? { ...one, error: 'rate_limited' } : one];
      });
    },
  },
  {
    name: 'would sign kind 14',
    rule: 'what is refused without asking',
    flaw: () =>
      saying((one) => [
        one.type === 'error' && one.error === 'forbidden_kind'
          ? {
              type: 'reply',
              id: one.id,
              command: 'sign_event',
              body: { id: new Uint8Array(32), sig: new Uint8Array(64), pubkey: new Uint8Array(32) },
            }
          : one,
      ]),
  },
  {
    name: 'signs another event than was asked',
    rule: 'signs exactly the event',
    flaw: () => ({
      messageIn: (message, bytes) => {
        if (message.type !== 'request' || message.command !== 'sign_event') return [bytes];
        const head = message.body.input.head.slice();
        // The last character of the content is U+FFFF: EF BF BF. U+FFBF is a character, too.
        head[head.length - 1] = 0xbe;
        return [{ ...message, body: { ...message.body, input: { length: head.length, head } } }];
      },
    }),
  },
  {
    name: 'gives a signature that is not valid',
    rule: 'signs exactly the event',
    flaw: () =>
      replacing('sign_event', (one) =>
        one.command === 'sign_event' ? { ...one, body: { ...one.body, sig: one.body.sig.toReversed() } } : one,
      ),
  },
  { name: 'says timed_out for denied', rule: 'a press of deny', flaw: () => errorAs('denied', 'timed_out') },
  {
    name: 'keeps no answer for get_result',
    rule: 'a press of deny',
    flaw: () => {
      const answered = new Set<number>();
      return saying((one) => {
        if (one.type !== 'error') return [one];
        if (answered.has(one.id)) return [];
        answered.add(one.id);
        return [one];
      });
    },
  },
  { name: 'takes an id twice', rule: 'the id is taken', flaw: () => withoutError('duplicate_id') },
  {
    name: 'hears nothing while the human is asked',
    rule: 'the id is taken',
    flaw: () => {
      const { ids, see } = openRequests();
      return {
        messageIn: (message, bytes) => {
          if (message.type === 'request' && ids.size > 0 && message.command !== 'sign_event') return [];
          if (message.type !== 'unreadable') see(message);
          return [bytes];
        },
        messageOut: (message) => {
          see(message);
          return [message];
        },
      };
    },
  },
  {
    name: 'ignores cancel',
    rule: 'the id is taken',
    flaw: () => ({ messageIn: (message, bytes) => (message.type === 'cancel' ? [] : [bytes]) }),
  },
  {
    name: 'has room for fewer requests than it announces',
    rule: 'as many requests as announced',
    flaw: () => {
      const { ids, see } = openRequests();
      return {
        messageIn: (message, bytes, { say }) => {
          if (message.type === 'unreadable') return [bytes];
          if (message.type === 'request' && message.command === 'sign_event' && ids.size >= limits.requestsMax - 1) {
            say(refusal(message.id, 'busy'));
            return [];
          }
          see(message);
          return [bytes];
        },
        messageOut: (message) => {
          see(message);
          return [message];
        },
      };
    },
  },
  {
    name: 'encrypts for somebody else',
    rule: 'nip44 and nip04',
    flaw: () => ({
      messageIn: (message, bytes) =>
        message.type === 'request' && message.command === 'nip44_encrypt'
          ? [{ ...message, body: { ...message.body, peer: generatorX } }]
          : [bytes],
    }),
  },
  {
    name: 'refuses a damaged payload before the button',
    rule: 'are bad_payload, after the button',
    flaw: () => ({
      messageIn: (message, bytes, { say }) => {
        if (message.type !== 'request' || message.command !== 'nip44_decrypt') return [bytes];
        say({ type: 'error', id: message.id, command: 'nip44_decrypt', error: 'bad_payload' });
        return [];
      },
    }),
  },
  {
    name: 'forgets its requests with the session',
    rule: 'a request outlives its session',
    flaw: () => {
      const { ids, see } = openRequests();
      return {
        bodyIn: (body, _right, { give }) => {
          if (body[1] === 1) for (const id of ids) give({ type: 'cancel', id, command: 'sign_event' });
          return body;
        },
        messageIn: (message, bytes) => {
          if (message.type !== 'unreadable') see(message);
          return [bytes];
        },
      };
    },
  },
  {
    name: 'keeps requests that nobody claims',
    rule: 'that nobody claims within 5 s',
    flaw: () => ({ sameSession: true }),
  },
  { name: 'ends an approval by another word', rule: 'after 60 s', flaw: () => errorAs('timed_out', 'cancelled') },
];

const streams: readonly BrokenDevice[] = [
  {
    name: 'pulls with a gap',
    rule: 'is pulled to its end and not beyond',
    flaw: () =>
      saying((one) => [
        one.type === 'request' && one.command === 'chunk_get'
          ? { ...one, body: { ...one.body, offset: one.body.offset + 1 } }
          : one,
      ]),
  },
  {
    name: 'takes a chunk of another length',
    rule: 'a chunk of another length',
    flaw: () => {
      let asked = 0;
      return {
        messageOut: (message) => {
          if (message.type === 'request' && message.command === 'chunk_get') asked = message.body.length;
          return [message];
        },
        messageIn: (message, bytes) => {
          if (message.type !== 'reply' || message.command !== 'chunk_get') return [bytes];
          const filled = new Uint8Array(asked).fill(0x20);
          filled.set(message.body.bytes);
          return [{ ...message, body: { bytes: filled } }];
        },
      };
    },
  },
  {
    name: 'overlooks an error for a chunk',
    rule: 'an error for a chunk',
    flaw: () => ({ messageIn: (message, bytes) => (message.type === 'error' ? [] : [bytes]) }),
  },
  { name: 'waits for a chunk for ever', rule: 'that does not come within 10 s', flaw: () => withoutError('stalled') },
  {
    name: 'pushes with a gap',
    rule: 'is pushed without gaps',
    flaw: () =>
      saying((one) => [
        one.type === 'request' && one.command === 'chunk_put'
          ? { ...one, body: { ...one.body, offset: one.body.offset + 1 } }
          : one,
      ]),
  },
];

/** The x coordinate of the generator: somebody's public key. */
const generatorX = Uint8Array.from(
  Buffer.from('79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798', 'hex'),
);

export const brokenBehaviour: readonly BrokenDevice[] = [...messages, ...asking, ...streams];
