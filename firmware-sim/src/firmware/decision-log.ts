/** What the log is told of requests: who had the key used for what, who was refused, which apps were paired and what they were given. */
import { hexToBytes } from '@noble/hashes/utils.js';
import type { DeviceError } from '@sallyport/device-protocol';
import type { Job, Outcome } from './jobs/job.ts';
import type { AppAsking, Prompt } from './jobs/prompt.ts';
import type { Subject } from './jobs/subject.ts';
import { appendLog } from './logging.ts';
import type { GrantSubject } from './policy/grant.ts';
import type { Turn } from './turn.ts';
import type { LogEntry } from './vault/log-entry.ts';

type UseEvent = 'signed' | 'encrypted' | 'decrypted';

/** A request ended about which a human was asked. What the human never saw is not told: it would fill the log of a device that is teased. */
export function logAsked(turn: Turn, job: Job, outcome: Outcome): void {
  const prompt = job.phase === 'reviewing' || job.phase === 'waiting' ? job.prompt : null;
  if (prompt === null || prompt.about === 'grant') return;
  const entry =
    prompt.about === 'use' ? useEntry(job, prompt) : { account: prompt.wanted.account, who: prompt.wanted.client };
  if (outcome.type === 'signature' || outcome.type === 'output' || outcome.type === 'large') {
    if (prompt.about === 'use') appendLog(turn, { ...entry, event: eventOf(prompt.subject), why: 'pressed' });
  } else if (outcome.type === 'error' && isNo(outcome.error)) {
    appendLog(turn, { ...entry, event: 'denied', why: outcome.error });
  }
}

/** A grant allowed it. */
export function logGranted(turn: Turn, subject: Subject, app: Pick<AppAsking, 'record' | 'envelope'>): void {
  const { record, envelope } = app;
  const { client: who, createdAt } = envelope;
  const entry = { account: record.account, who, createdAt, ...methodOf(subject) };
  appendLog(turn, { ...entry, event: eventOf(subject), why: 'granted' });
}

/** A rule of the human forbids it. */
export function logForbidden(turn: Turn, subject: Subject, app: Pick<AppAsking, 'record' | 'envelope'>): void {
  const { record, envelope } = app;
  const { client: who, createdAt } = envelope;
  appendLog(turn, {
    event: 'refused',
    account: record.account,
    who,
    createdAt,
    ...methodOf(subject),
    why: 'never again',
  });
}

export function logPaired(
  turn: Turn,
  { account, client, createdAt, id }: (Prompt & { about: 'pair' })['wanted'],
): void {
  appendLog(turn, { event: 'app_paired', account, who: client, createdAt, why: id === null ? 'computer' : 'app' });
}

/** Forever, for a while, or never: `why` says which. */
export function logGiven(
  turn: Turn,
  { account, client }: AppAsking['record'],
  { method, kind }: GrantSubject,
  why: string,
): void {
  appendLog(turn, { event: 'granted', account, who: client, method, ...(kind === null ? {} : { kind }), why });
}

export function logLeft(turn: Turn, { account, client }: AppAsking['record']): void {
  appendLog(turn, { event: 'app_revoked', account, who: client, why: 'logout' });
}

/** It had to go for another one. */
export function logReplaced(turn: Turn, { account, client }: AppAsking['record']): void {
  appendLog(turn, { event: 'app_revoked', account, who: client, why: 'replaced' });
}

function useEntry({ request }: Job, { subject, app }: Prompt & { about: 'use' }): Omit<LogEntry, 'event'> {
  if (app !== null) {
    const { client: who, createdAt } = app.envelope;
    return { account: app.record.account, who, createdAt, ...methodOf(subject) };
  }
  const account = request.command === 'grants_propose' ? 0 : request.body.account;
  return { account, who: hexToBytes(request.computer.host), ...methodOf(subject) };
}

function methodOf(subject: Subject): Pick<LogEntry, 'method' | 'kind'> {
  const { command: method } = subject;
  return subject.command === 'sign_event' ? { method, kind: subject.event.kind } : { method };
}

function eventOf({ command }: Subject): UseEvent {
  if (command === 'sign_event') return 'signed';
  return command.endsWith('encrypt') ? 'encrypted' : 'decrypted';
}

function isNo(error: DeviceError): boolean {
  return error === 'denied' || error === 'timed_out';
}
