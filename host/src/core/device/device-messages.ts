/**
 * What the device says within a session, and what the host does about it: answers to asks, outcomes after a glitch, and the
 * device's own requests for chunks. Part of device-session.ts; answers match by id and command, everything else is stale.
 */
import {
  type Command,
  encodeErrorFor,
  isTextCommand,
  limits,
  type Message,
  type NoticeMessage,
  type Reply,
  type Request,
  type Unreadable,
} from '@sallyport/device-protocol';
import { cleanLine } from '../apps/client-metadata.ts';
import { takeResult } from './device-adrift.ts';
import { isAble } from './device-channel.ts';
import { takeUnlock, waitsForPin } from './device-lock.ts';
import { takePairing } from './device-pairing.ts';
import { toRefusal } from './device-refusal.ts';
import { toAnswer } from './device-reply.ts';
import {
  answer,
  askInfo,
  find,
  join,
  remove,
  replace,
  requestOf,
  say,
  send,
  stale,
  type Turn,
  takeId,
} from './device-turn.ts';

/** Acts on one message of the device. */
export function takeMessage(turn: Turn, message: Message | Unreadable): void {
  switch (message.type) {
    case 'reply':
      return takeReply(turn, message);
    case 'error': {
      if (takePairing(turn, message) || takeUnlock(turn, message)) return;
      const entry = find(turn, message.id);
      if (entry === undefined || message.command !== requestOf(entry)?.command) return stale(turn);
      if (waitsForPin(turn, entry, message)) return;
      remove(turn, entry);
      // An event that was taken before the lock is not taken again after it: what stands in the way was the lock.
      const error = message.error === 'replayed' && entry.wasLocked ? 'locked' : message.error;
      return answer(turn, entry.job, { type: 'refused', refusal: toRefusal(error) });
    }
    case 'notice':
      return takeNotice(turn, message);
    case 'request':
      return serve(turn, message);
    case 'unreadable':
      if (message.request !== undefined) {
        const { id, code } = message.request;
        send(turn, encodeErrorFor(id, code, message.error, message.detail));
      } else if (!message.ignorable) stale(turn);
      return;
    case 'cancel':
      return; // a device that gives up a chunk it asked for: there is nothing to stop
  }
}

function takeNotice(turn: Turn, notice: NoticeMessage): void {
  if (notice.notice === 'state') {
    // Said when the session opens and at each change: what people are told comes from info.
    turn.state = { ...turn.state, life: notice.body.state };
    return askInfo(turn);
  }
  const entry = find(turn, notice.body.request);
  if (entry === undefined) return;
  if (entry.phase === 'sent' && notice.body.step === 'waiting_for_button') replace(turn, { ...entry, shown: true });
  turn.effects.push({ type: 'progress', job: entry.job, progress: notice.body });
}

function takeReply(turn: Turn, reply: Reply): void {
  if (takePairing(turn, reply) || takeUnlock(turn, reply)) return;
  if (reply.command === 'info') return takeInfo(turn, reply);
  if (reply.command === 'ping' || reply.command === 'mix_entropy') return; // having been heard is all they are for
  if (reply.command === 'get_result') return takeResult(turn, reply);
  const entry = find(turn, reply.id);
  if (entry === undefined || reply.command !== requestOf(entry)?.command) return stale(turn);
  const result = toAnswer(reply, join(entry));
  if (result === null) return stale(turn);
  remove(turn, entry);
  answer(turn, entry.job, result);
}

function takeInfo(turn: Turn, reply: Reply<'info'>): void {
  const { link, infoId, channel } = turn.state;
  if (link.phase !== 'open' || reply.id !== infoId) return stale(turn);
  turn.state = { ...turn.state, infoId: null, life: reply.body.state };
  if (reply.body.state === 'fresh' && !turn.state.mixed) {
    // For the words that will be made on it: mixed into its own randomness, so that neither alone has to be good.
    turn.state = { ...turn.state, mixed: true };
    const body = { entropy: turn.random(32) };
    send(turn, { type: 'request', id: takeId(turn), command: 'mix_entropy', body });
  }
  const trust = channel.phase !== 'sealed' ? 'plain' : channel.paired ? 'paired' : 'unpaired';
  // The device's own words end up in a terminal: nothing in them may move its cursor or speak in our name.
  const [firmware, model] = [
    cleanLine(link.hello.firmware, limits.labelMax),
    cleanLine(link.hello.model, limits.labelMax),
  ];
  const name = cleanLine(reply.body.name, limits.labelMax);
  const able = { knowsApps: isAble(turn.state, 'clients'), knowsAccounts: isAble(turn.state, 'accounts') };
  say(turn, { state: 'ready', firmware, model, info: { ...reply.body, name }, channel: trust, ...able });
}

/** Answers the device's own requests: it pulls inputs and pushes outputs. */
function serve(turn: Turn, request: Request): void {
  const entry =
    request.command === 'chunk_get' || request.command === 'chunk_put' ? find(turn, request.body.request) : undefined;
  const no = (detail: string): void =>
    send(turn, { type: 'error', id: request.id, command: request.command, error: 'invalid_params', detail });
  if (entry === undefined) return no('no such open request');
  if (request.command === 'chunk_get') {
    const { offset, length } = request.body;
    const input = entry.phase === 'waiting' ? new Uint8Array(0) : entry.prepared.input;
    if (length === 0 || offset + length > input.length) return no('outside the input');
    const bytes = input.slice(offset, offset + length);
    return send(turn, { type: 'reply', id: request.id, command: 'chunk_get', body: { bytes } });
  }
  if (request.command !== 'chunk_put') return no('not a command of the device');
  // Only texts come in pieces: a signature always fits its reply.
  if (entry.phase === 'waiting' || !mayPush(entry.request.command)) return no('a request without an output');
  const { offset, bytes } = request.body;
  // After a glitch the device pushes its output from the start again.
  const kept = offset === 0 ? { ...entry, output: [], outputLength: 0 } : entry;
  if (offset !== kept.outputLength || offset + bytes.length > limits.resultMax) return no('not the next piece');
  // Pieces of a byte each would cost far more to keep than they are worth: a short one is the last.
  if ((kept.output.at(-1)?.length ?? limits.pieceMin) < limits.pieceMin) return no('nothing follows a short piece');
  replace(turn, { ...kept, output: [...kept.output, bytes], outputLength: offset + bytes.length });
  send(turn, { type: 'reply', id: request.id, command: 'chunk_put', body: {} });
}

/** A request of an app may be one for a text: what comes back says so only at its end. */
function mayPush(command: Command): boolean {
  return isTextCommand(command) || command === 'nip46_request' || command === 'user_request';
}
