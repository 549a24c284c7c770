/**
 * What a careful owner asks now and then: which accounts there are, a backup, and the check of the device's log, which is read, judged by
 * what was known of it, and compared with the activity log of this computer.
 */
import { randomBytes } from 'node:crypto';
import { npubEncode } from 'nostr-tools/nip19';
import { z } from 'zod';
import { appLabel } from '../core/apps/client-metadata.ts';
import {
  carried,
  isGoingOn,
  judgeLog,
  type KeptHead,
  type LogHead,
  type LogVerdict,
  type RawEntry,
  readEntry,
} from '../core/device/device-log.ts';
import type { ActivityRow } from '../core/narrowing/activity.ts';
import { primitives } from '../primitives/primitives.ts';
import type { Handlers } from './handlers.ts';
import { problemOf } from './human-handlers.ts';
import { no, type Problem } from './problems.ts';
import type { Answer } from './routes.ts';
import { hex32 } from './shapes.ts';
import type { HostView } from './view.ts';

/** What is shown of it, at most. */
const shownMax = 100;
/** Our firmware keeps 768 entries. A device that counts on and on is not asked on and on. */
const readMax = 4_096;
/** Rows of the activity log that are compared: more than the entries that are shown need, strangers among them. */
const rowsMax = 2_000;

export function careHandlers(
  view: HostView,
): Pick<Handlers, 'GET /v0/accounts' | 'POST /v0/backup' | 'POST /v0/device/log'> {
  // One at a time: each takes 128 MB while its passphrase is hashed.
  let makesBackup = false;
  return {
    'GET /v0/accounts': async (_, until) => {
      const said = await view.askDevice({ method: 'accounts' }, until);
      if (said.type !== 'accounts') return problemOf(said);
      return {
        accounts: said.accounts.map(({ account, name, pubkey, addressed }) => ({
          ...{ number: account, name, pubkey },
          npub: npubEncode(pubkey),
          userKey: addressed === true,
        })),
      };
    },
    'POST /v0/backup': async ({ body }) => {
      if (makesBackup) return oneBackup;
      makesBackup = true;
      try {
        const file = await view.backup(body.passphrase);
        return { file: Buffer.from(file).toString('base64') };
      } finally {
        makesBackup = false;
      }
    },
    'POST /v0/device/log': async ({ body }, until) => {
      const nonce = Uint8Array.from(randomBytes(32));
      const said = await view.askDevice({ method: 'log_head', nonce }, until);
      if (said.type !== 'log_head') return problemOf(said);
      const { number, head, logKey, sig } = said;
      const device = view.pin() ?? '';
      const kept = body.anew ? null : keptFor(view, device);
      // Also what is shown, where less is new.
      const from = Math.max(1, number - readMax + 1, Math.min((kept?.number ?? 0) + 1, number - shownMax + 1));
      const entries = await readEntries(view, from, number, until);
      if ('problem' in entries) return entries;
      const verdict = judgeLog({ number, head, logKey, sig }, nonce, entries, kept, primitives.verify);
      if (isGoingOn(verdict)) keep(view, device, said);
      return { verdict, ...sayings[verdict], number, since: kept?.number ?? null, entries: shown(view, entries) };
    },
  };
}

async function readEntries(
  view: HostView,
  from: number,
  last: number,
  until: AbortSignal,
): Promise<readonly RawEntry[] | Problem> {
  const entries: RawEntry[] = [];
  for (let next = from; next <= last; ) {
    const said = await view.askDevice({ method: 'log_read', from: next }, until);
    if (said.type !== 'log') return problemOf(said);
    // More may have happened since the head was asked for.
    const more = said.entries.filter(({ number }) => number >= next && number <= last);
    const newest = more.at(-1);
    if (newest === undefined) break;
    entries.push(...more);
    next = newest.number + 1;
  }
  return entries;
}

function shown(view: HostView, raw: readonly RawEntry[]): Answer<'POST /v0/device/log'>['entries'] {
  const entries = raw.slice(-shownMax).reverse().map(readEntry);
  const rows: ActivityRow[] = [];
  for (const row of view.activity.all({})) {
    if (rows.push(row) >= rowsMax) break;
  }
  const here = carried(entries, rows, view.computer);
  const apps = [...view.bridge().sessions.apps.values()];
  const labelOf = (who: string | null): string => {
    const app = who === null ? undefined : apps.find(({ client }) => client.startsWith(who));
    return app === undefined ? '' : appLabel(app);
  };
  return entries.map((entry, at) => ({
    ...entry,
    app: labelOf(entry.who),
    createdAt: entry.createdAt === null ? null : entry.createdAt * 1000,
    here: here[at] ?? null,
  }));
}

const keptHead = z.object({ device: z.string(), logKey: hex32, number: z.number().int().nonnegative(), head: hex32 });

/** What the last check found of this device; null when there was none. */
function keptFor({ store }: HostView, device: string): KeptHead | null {
  const text = store.setting('log');
  if (text === null) return null;
  const kept = keptHead.parse(JSON.parse(text)); // written by us: anything else is a fault
  return kept.device === device ? kept : null;
}

function keep({ store }: HostView, device: string, { logKey, number, head }: LogHead): void {
  store.saveSetting('log', JSON.stringify({ device, logKey, number, head } satisfies KeptHead));
}

const oneBackup = no(409, 'busy', 'A backup is being made.', 'Try again when it is there.');

/** What a verdict means to its reader. */
const sayings: Readonly<Record<LogVerdict, { readonly words: string; readonly advice: string }>> = {
  sound: { words: 'The log goes on from the last check: nothing was changed, left out or put in.', advice: '' },
  begun: { words: 'The log is signed by the device. From now on checks go on from here.', advice: '' },
  gap: {
    words: 'More happened since the last check than the device keeps, so that a part of it cannot be followed.',
    advice: 'Check more often.',
  },
  forged: {
    words: 'The signature of the log does not hold.',
    advice: 'Do not use this device before you know why.',
  },
  another: {
    words: 'This is the log of another device than at the last check.',
    advice: 'If the device was wiped and set up again, begin anew. If not, do not use it.',
  },
  went_back: {
    words: 'The log is shorter than at the last check: the memory of the device was put back.',
    advice: 'If the device was wiped and set up again, begin anew. If not, do not use it.',
  },
  changed: {
    words: 'The entries of the log do not lead to its head: something was changed or left out.',
    advice: 'Its memory may be damaged. If it happens again after you began anew, do not use this device.',
  },
};
