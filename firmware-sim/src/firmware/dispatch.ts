/**
 * What the device does with each message. The handlers are one table over the commands that the host may ask: a command without
 * a handler does not compile.
 */
import {
  type CommandBy,
  encodeErrorFor,
  type Message,
  type Reply,
  type Request,
  type Unreadable,
} from '@sallyport/device-protocol';
import { listClients, listGrants, takeClientRevoke, takeGrantRevoke } from './apps/app-lists.ts';
import { forgetComputer } from './channel/computers.ts';
import { takeConfirm, takePair, takeReveal } from './channel/pairing.ts';
import { computerOf, takeHandshake, takeHandshakeFinish } from './channel/session.ts';
import { cancelFlow } from './flows/flow.ts';
import { chunkWasRefused, chunkWasTaken, claim, takeChunk, takeRequest } from './jobs/asking.ts';
import { end } from './jobs/ending.ts';
import type { JobCommand } from './jobs/request.ts';
import { accountHandlers } from './life/account-commands.ts';
import { sayState } from './life/life.ts';
import { lifeHandlers, nameOf } from './life/life-commands.ts';
import { takeLogHead, takeLogRead } from './logging.ts';
import { accountOf, isAsker, say, stateName, type Turn } from './turn.ts';

type Handlers = { readonly [C in CommandBy<'host'>]: (turn: Turn, request: Request<C>) => void };

const handlers: Handlers = {
  info: (turn, { id }) => {
    const { life, marks, link } = turn.state;
    const { overflow, cobs, crc, header } = link.decoder.damage;
    reply(turn, {
      type: 'reply',
      id,
      command: 'info',
      body: {
        state: stateName(life),
        name: nameOf(life),
        accounts: life.phase === 'open' ? life.accounts.length : 0,
        marks: [
          ...(marks.simulator ? (['simulator'] as const) : []),
          ...(marks.demo ? (['demo'] as const) : []),
          ...(marks.autoPress ? (['auto_press'] as const) : []),
        ],
        damagedFrames: overflow + cobs + crc + header,
        ...(life.phase === 'open' && life.addressed.length > 0 ? { addressed: life.addressed.length } : {}),
      },
    });
  },
  get_result: (turn, { id, body }) => {
    const state = claim(turn, body.request);
    reply(turn, { type: 'reply', id, command: 'get_result', body: { request: body.request, state } });
  },
  ping: (turn, { id, body }) => reply(turn, { type: 'reply', id, command: 'ping', body }),
  get_public_key: (turn, { id, body }) => {
    const account = accountOf(turn.state, body.account);
    if (typeof account === 'string') return say(turn, { type: 'error', id, command: 'get_public_key', error: account });
    reply(turn, { type: 'reply', id, command: 'get_public_key', body: { pubkey: account.pubkey } });
  },
  sign_event: asks,
  nip44_encrypt: asks,
  nip44_decrypt: asks,
  nip04_encrypt: asks,
  nip04_decrypt: asks,
  handshake: takeHandshake,
  handshake_finish: (turn, request) => {
    if (takeHandshakeFinish(turn, request)) sayState(turn);
  },
  pair: takePair,
  pair_reveal: takeReveal,
  pair_confirm: takeConfirm,
  ...lifeHandlers,
  ...accountHandlers,
  nip46_request: asks,
  client_connect: asks,
  client_introduce: asks,
  user_request: asks,
  clients: listClients,
  client_revoke: takeClientRevoke,
  grants: listGrants,
  grants_propose: asks,
  grant_revoke: takeGrantRevoke,
  log_read: takeLogRead,
  log_head: takeLogHead,
  hosts: (turn, { id, command }) => {
    if (!computerOf(turn.state).paired) return say(turn, { type: 'error', id, command, error: 'not_paired' });
    reply(turn, { type: 'reply', id, command, body: { hosts: turn.state.identity.hosts } });
  },
  revoke_host: (turn, { id, command, body }) => {
    if (!computerOf(turn.state).paired) return say(turn, { type: 'error', id, command, error: 'not_paired' });
    forgetComputer(turn, body.key);
    reply(turn, { type: 'reply', id, command, body: {} });
  },
};

/** What may need the human: it waits for its turn, and belongs to the computer that asked it. */
function asks(turn: Turn, request: Request<JobCommand>): void {
  const { id, ...asked } = request;
  takeRequest(turn, id, { ...asked, computer: computerOf(turn.state) });
}

/** Acts on one message of the host. */
export function dispatch(turn: Turn, message: Message | Unreadable): void {
  switch (message.type) {
    case 'request':
      return handle(turn, message);
    case 'reply':
      if (message.command === 'chunk_get') takeChunk(turn, message.id, message.body.bytes);
      else if (message.command === 'chunk_put') chunkWasTaken(turn, message.id);
      return;
    case 'error':
      chunkWasRefused(turn, message.id);
      return;
    case 'cancel': {
      if (cancelFlow(turn, message.id)) return;
      const job = turn.state.jobs.find((one) => one.id === message.id && isAsker(turn.state, one.request));
      // An ended request needs no cancelling: its answer is on the way.
      if (job !== undefined) end(turn, job, 'cancelled');
      return;
    }
    case 'notice':
      return; // the host has nothing to announce in this version
    case 'unreadable':
      if (message.request === undefined) return;
      return say(turn, encodeErrorFor(message.request.id, message.request.code, message.error, message.detail));
  }
}

function handle(turn: Turn, request: Request): void {
  const { id, command } = request;
  if (command === 'chunk_get' || command === 'chunk_put') {
    return say(turn, { type: 'error', id, command, error: 'unsupported', detail: 'a command of the device' });
  }
  if (id % 2 !== 0)
    return say(turn, { type: 'error', id, command, error: 'invalid_params', detail: 'ids of the host are even' });
  // The table's type ties each name to its request; a union indexed by its own name needs this one widening.
  const handler = handlers[command] as (turn: Turn, request: Request) => void;
  handler(turn, request);
}

function reply(turn: Turn, message: Reply): void {
  say(turn, message);
}
