/** Devices that are wrong in one way about requests that are addressed to the user pubkey. */
import type { DeviceError, Message, Reply } from '@sallyport/device-protocol';
import type { BrokenDevice } from './broken-devices.ts';
import type { Flaw } from './virtual-device.ts';

const isAnswered = 'what an app asks the user pubkey';
const nothingIsSealed = 'a stranger, a replay and what is no request';

const saying = (name: string, rule: string, change: (message: Message) => readonly Message[]): BrokenDevice => ({
  name,
  rule,
  flaw: () => ({ messageOut: change }),
});

const sealing = (name: string, change: (body: Reply<'user_request'>['body']) => Reply<'user_request'>['body']) =>
  saying(name, isAnswered, (one) =>
    one.type === 'reply' && one.command === 'user_request' ? [{ ...one, body: change(one.body) }] : [one],
  );

const shown = (id: number): Message => ({
  type: 'notice',
  notice: 'progress',
  body: { request: id, step: 'waiting_for_button', left: 60_000 },
});

/** Something else in place of this error. */
const forgiving = (name: string, error: DeviceError, change: (id: number) => readonly Message[]): BrokenDevice =>
  saying(name, nothingIsSealed, (one) =>
    one.type === 'error' && one.command === 'user_request' && one.error === error ? change(one.id) : [one],
  );

/** Gives its last answer once more, where it should say that it gave it. */
function answersAgain(): Flaw {
  let last: Reply<'user_request'> | null = null;
  return {
    messageOut: (one) => {
      if (one.type === 'reply' && one.command === 'user_request') last = one;
      const again = one.type === 'error' && one.command === 'user_request' && one.error === 'replayed';
      return again && last !== null ? [{ ...last, id: one.id }] : [one];
    },
  };
}

/** Says that an account is closed, and leaves it open. */
const staysOpen: Flaw = {
  messageIn: (message, bytes, { say }) => {
    if (message.type !== 'request' || message.command !== 'account_address' || message.body.addressed) return [bytes];
    say({ type: 'reply', id: message.id, command: 'account_address', body: {} });
    return [];
  },
};

export const brokenAddressed: readonly BrokenDevice[] = [
  sealing('signs its answer with another key', (body) => ({ ...body, sig: new Uint8Array(64).fill(1) })),
  sealing('dates its answer as it likes', (body) => ({ ...body, createdAt: body.createdAt + 1 })),
  sealing('does not say which secret was shown', ({ secret: _, ...body }) => body),
  { name: 'answers at a key that was closed', rule: isAnswered, flaw: () => staysOpen },
  { name: 'answers a request twice', rule: nothingIsSealed, flaw: answersAgain },
  forgiving('shows a stranger with a wrong secret', 'not_announced', (id) => [
    shown(id),
    { type: 'error', id, command: 'user_request', error: 'not_announced' },
  ]),
  forgiving('says what is wrong with what it opened', 'unauthenticated', (id) => [
    { type: 'error', id, command: 'user_request', error: 'unauthenticated', detail: 'no method' },
  ]),
];
