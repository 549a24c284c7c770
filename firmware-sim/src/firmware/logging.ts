/** The log within a step: how the other parts append to it, and how a paired computer reads it. */
import { limits, type Request } from '@sallyport/device-protocol';
import { computerOf } from './channel/session.ts';
import { say, type Turn } from './turn.ts';
import { append, headHash, readLog } from './vault/log.ts';
import { encodeLogEntry, type LogEntry } from './vault/log-entry.ts';
import { logKey } from './vault/sealed.ts';

/** Appends what happens now. It is in flash when this returns: call it before that of which it tells leaves the device. */
export function appendLog(turn: Turn, entry: LogEntry): void {
  const { state, env, now } = turn;
  turn.state = { ...state, log: append(env, state.log, encodeLogEntry(entry, now)) };
}

export function takeLogRead(turn: Turn, { id, command, body }: Request<'log_read'>): void {
  const { log } = turn.state;
  if (!computerOf(turn.state).paired) return say(turn, { type: 'error', id, command, error: 'not_paired' });
  const entries = readLog(turn.env, log, body.from, limits.listMax);
  say(turn, { type: 'reply', id, command, body: { first: log.first, entries } });
}

export function takeLogHead(turn: Turn, { id, command, body }: Request<'log_head'>): void {
  const { log, identity } = turn.state;
  if (!computerOf(turn.state).paired) return say(turn, { type: 'error', id, command, error: 'not_paired' });
  const { crypto, random } = turn.env;
  const secret = logKey(turn.env, identity.secret);
  const sig = crypto.signSchnorr(headHash(log, body.nonce), secret, random(32));
  const reply = { number: log.number, head: log.head, logKey: crypto.publicKey(secret), sig };
  secret.fill(0);
  say(turn, { type: 'reply', id, command, body: reply });
}
