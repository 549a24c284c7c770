/**
 * The structured log: what the host does, as JSON lines, for whoever runs it as a service. It is written from reports and rows of the
 * activity log, in which there are no texts and no secrets; the bunker line is taken out, and pino's redaction stands behind that.
 */
import { type Logger, pino } from 'pino';
import type { ActivityRow } from './core/narrowing/activity.ts';
import { jsonOf, type Report } from './report.ts';
import { touchPrivately } from './store/private-files.ts';

export type EventLog = {
  readonly request: (row: ActivityRow) => void;
  readonly report: (report: Report) => void;
  readonly warning: (words: string) => void;
  readonly close: () => void;
};

/** Names under which a secret would stand, should somebody ever log one. */
const secretPaths = [
  'secret',
  '*.secret',
  'bunker',
  '*.bunker',
  'uri',
  '*.uri',
  'content',
  '*.content',
  'text',
  '*.text',
];

/** A log to this file, to stderr (`-`), or nowhere. */
export function openEventLog(target: string | null): EventLog {
  const nothing = (): void => undefined;
  if (target === null) return { request: nothing, report: nothing, warning: nothing, close: nothing };
  if (target !== '-') touchPrivately(target);
  // Written at once: a service that dies has said why.
  const destination = pino.destination({ dest: target === '-' ? 2 : target, sync: true });
  const log = makeLog(destination);
  return {
    request: ({ client, app: _, ...row }) => log.info({ ...row, client: client.slice(0, 8) }, 'request'),
    report: (report) => tell(log, report),
    warning: (words) => log.warn(words),
    close: () => {
      destination.flushSync();
      if (target !== '-') destination.end();
    },
  };
}

/** A logger with its redaction on; apart, so that a test can hold it to that. */
export function makeLog(destination: { write: (line: string) => void }): Logger {
  return pino({ name: 'sallyport', redact: { paths: secretPaths, censor: '[redacted]' } }, destination);
}

function tell(log: Logger, report: Report): void {
  switch (report.type) {
    case 'bunker':
      return log.info({ relays: report.relays }, 'a bunker line was made');
    case 'warning':
      return log.warn(report.words);
    case 'simulator':
      return log.info('the page of the simulated device has a new address');
    case 'pairing':
      // The six digits are for the eyes of whoever sits there.
      return log.info({ state: report.news.state }, 'pairing');
    default:
      return log.info(jsonOf(report), report.type);
  }
}
