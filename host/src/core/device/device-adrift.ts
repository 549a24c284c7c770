/**
 * What was sent in a link session that is over: in the next one the device is asked what became of it, in this host or in the one after a crash.
 * Part of device-session.ts.
 *
 * Promises: what may have reached the human is never sent again; a request of another boot of the device fails, and says why.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { limits, type Reply } from '@sallyport/device-protocol';
import { isAble } from './device-channel.ts';
import type { DeviceAnswer } from './device-port.ts';
import { isRepeatable, prepare } from './device-request.ts';
import {
  answer,
  cancelOf,
  idOf,
  lost,
  type Open,
  rebooted,
  remove,
  replace,
  send,
  type Turn,
  takeId,
} from './device-turn.ts';

/** A session is there to be used: what a reboot ended is failed, what is adrift is asked for, what was abandoned is cancelled. */
export function opened(turn: Turn): void {
  const { link: current } = turn.state;
  if (current.phase !== 'open') return;
  const bootId = bytesToHex(current.hello.bootId);
  if (turn.state.bootId !== bootId) {
    for (const entry of turn.state.open) {
      if (entry.phase !== 'adrift') continue;
      const { job, client, ask, wasLocked } = entry;
      if (isRepeatable(ask))
        replace(turn, { job, client, ask, output: [], outputLength: 0, wasLocked, phase: 'waiting' });
      else {
        remove(turn, entry);
        answer(turn, job, rebooted);
      }
    }
    turn.state = { ...turn.state, abandoned: [] };
  }
  // What an app signed is for a device that knows it: one without its pairing, or without apps, is asked nothing of it.
  for (const entry of turn.state.open) {
    if (entry.phase !== 'adrift' || !('carried' in entry.ask) || isAble(turn.state, 'clients')) continue;
    const { command } = entry.request;
    if (command !== 'nip46_request' && command !== 'client_connect' && command !== 'user_request') continue;
    remove(turn, entry);
    answer(turn, entry.job, rebooted);
  }
  for (const request of turn.state.abandoned) send(turn, cancelOf(request));
  turn.state = { ...turn.state, bootId, abandoned: [], infoId: null, said: '' };
  for (let place = 0; place < adriftAtOnce; place++) askWhatBecame(turn, place);
}

/** As if the link had broken in this host: the next session asks what became of it. */
export function adriftAgain(turn: Turn, waiting: Open): Open | DeviceAnswer {
  const prepared = prepare(waiting.ask, { knowsApps: true, streamMax: limits.streamMax });
  if (prepared.type !== 'prepared') return prepared;
  return { ...waiting, phase: 'adrift', prepared, request: prepared.toRequest(idOf(turn, waiting)) };
}

/** `ended` came after the answer itself, and `open` will be answered: only `unknown` leaves something to do. */
export function takeResult(turn: Turn, reply: Reply<'get_result'>): void {
  const entry = turn.state.open.find((one) => one.phase === 'adrift' && one.request.id === reply.body.request);
  if (entry?.phase !== 'adrift') return;
  if (reply.body.state === 'ended') {
    // Its answer should have come before this; a device that forgets between the two has failed the request.
    remove(turn, entry);
    answer(turn, entry.job, lost);
  } else if (reply.body.state === 'open') replace(turn, { ...entry, phase: 'sent', shown: true });
  // The same boot never saw it, so nobody was asked. What an app signed waits for its turn, and has the same id then.
  else if ('carried' in entry.ask) {
    const { job, client, ask, wasLocked } = entry;
    replace(turn, { job, client, ask, wasLocked, output: [], outputLength: 0, phase: 'waiting' });
  } else {
    replace(turn, { ...entry, phase: 'sent', shown: true });
    send(turn, entry.request);
  }
  askWhatBecame(turn, adriftAtOnce - 1);
}

/** How many of what is adrift are asked for at once: more than a device can know of, and far below what a link holds. */
const adriftAtOnce = 32;

/** Asks what became of what is adrift at this place, if anything is. */
function askWhatBecame(turn: Turn, place: number): void {
  const entry = turn.state.open.filter(({ phase }) => phase === 'adrift')[place];
  if (entry?.phase !== 'adrift') return;
  send(turn, { type: 'request', id: takeId(turn), command: 'get_result', body: { request: entry.request.id } });
}
