/**
 * SIGKILL of the host at random moments under load: real processes, real SQLite, one state directory through all of it. After
 * each kill the database is intact, what was acknowledged is there (a pairing pairs, a spent secret is spent), and a request
 * that was answered before is not asked again when a relay replays it.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateSecretKey } from 'nostr-tools/pure';
import { storeFileName } from '../../host/src/store/store.ts';
import { type Ask, type Exchange, type Nip46Client, nip46Client, type Prepared } from '../support/nip46-client.ts';
import { between, type Chance, chance } from '../support/random.ts';
import { type HostProgram, kill, ready, startHost } from '../support/whole.ts';
import { failure, must, type Stage } from './stage.ts';

/** A kill comes anywhere from the pairing to the middle of a flood. */
const killMsMax = 700;
/** How long silence must last to count as silence. */
const silenceMs = 500;

/** What was promised before the kill: an app with its key, whether it was told "ack", its secret, and what it asked. */
type Promised = {
  readonly key: Uint8Array;
  readonly paired: boolean;
  readonly secret: string;
  readonly answered: readonly Prepared[];
};

export const kills: Stage = {
  count: 100,
  run: async (first, count) => {
    const dir = mkdtempSync(join(tmpdir(), 'sallyport-kills-'));
    const told = { pairings: 0, retried: 0, answered: 0, open: 0, replays: 0 };
    let last: Promised | null = null;
    try {
      for (let seed = first; seed < first + count; seed++) {
        try {
          last = await life(dir, chance(seed), last, told);
        } catch (problem) {
          throw failure(seed, problem);
        }
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
    const { pairings, retried, answered, open, replays } = told;
    return `${count} kills: ${pairings} pairings kept, ${retried} interrupted ones done again, ${answered} requests answered, ${open} cut off, ${replays} replays ignored`;
  },
};

type Told = { pairings: number; retried: number; answered: number; open: number; replays: number };

/** One life of the host: it proves what the last one promised, promises anew, and is killed. */
async function life(dir: string, draw: Chance, last: Promised | null, told: Told): Promise<Promised> {
  const host = startHost(['--sim-press', 'approve', '--state', join(dir, 'state')]);
  try {
    const bunker = new URL(await host.until((line) => line.bunker, 'the bunker line'));
    await ready(host);
    const relay = bunker.searchParams.get('relay') ?? '';
    const secret = bunker.searchParams.get('secret') ?? '';
    if (last !== null) await prove(relay, bunker.host, last, told);
    const promised = await load(host, relay, bunker.host, secret, draw, told);
    checkDatabase(join(dir, 'state'), join(dir, 'copy'));
    return promised;
  } finally {
    await kill(host);
  }
}

async function load(
  host: HostProgram,
  relay: string,
  signer: string,
  secret: string,
  draw: Chance,
  told: Told,
): Promise<Promised> {
  const key = generateSecretKey();
  const app = await nip46Client(relay, signer, key);
  const connect = app.prepare([{ method: 'connect', params: [signer, secret] }]);
  const flood = app.prepare(notes(150));
  const death = sleep(between(draw, 0, killMsMax)).then(() => kill(host));
  const [connected] = await app.run(connect, 1);
  const exchanges = connected?.result === 'ack' ? await app.run(flood, 8) : [];
  await death;
  app.close();
  for (const { error } of exchanges) must(error === null, `a request was refused: ${error}`);
  const answered = flood.filter((_, i) => exchanges[i]?.result !== null && exchanges[i] !== undefined);
  told.answered += answered.length;
  told.open += exchanges.filter(({ sentAt, result }) => !Number.isNaN(sentAt) && result === null).length;
  return { key, paired: connected?.result === 'ack', secret, answered };
}

/** The next host keeps what the last one said. */
async function prove(relay: string, signer: string, last: Promised, told: Told): Promise<void> {
  const app = await nip46Client(relay, signer, last.key);
  // Nobody was told anything: the app tries again, and the secret is either still live or already its own. The first try is a repeat of
  // the request that was cut off, under its id: where the device was being asked it hears that the device restarted, too, and asks anew.
  if (!last.paired) {
    const connect: Ask = { method: 'connect', params: [signer, last.secret] };
    const [repeated] = await ask(app, [connect]);
    const wasAsked = repeated?.error?.includes('device restarted') === true;
    const [connected] = wasAsked ? await ask(app, [connect]) : [repeated];
    must(connected?.result === 'ack', `an interrupted pairing: ${connected?.error ?? 'no answer'}`);
  }
  const [alive] = await ask(app, [{ method: 'ping', params: [] }]);
  must(alive?.result === 'pong', `a pairing was lost: ${alive?.error ?? 'no answer'}`);
  const replays = last.answered.slice(-20);
  const again = await app.run(replays, replays.length, silenceMs);
  must(
    again.every(({ result, error }) => result === null && error === null),
    'a replayed request was asked again',
  );
  app.close();
  const stranger = await nip46Client(relay, signer);
  const [refused] = await ask(stranger, [{ method: 'connect', params: [signer, last.secret] }]);
  must(refused?.result === 'error' && refused.error !== null, `a spent secret: ${refused?.result ?? 'no answer'}`);
  stranger.close();
  if (last.paired) told.pairings++;
  else told.retried++;
  told.replays += replays.length;
}

function ask(app: Nip46Client, asks: readonly Ask[]): Promise<readonly Exchange[]> {
  return app.run(app.prepare(asks), asks.length);
}

/** Looks at a copy: recovering the original is what the next host has to do. */
function checkDatabase(state: string, copy: string): void {
  mkdirSync(copy, { recursive: true });
  for (const name of [storeFileName, `${storeFileName}-wal`]) {
    rmSync(join(copy, name), { force: true });
    if (existsSync(join(state, name))) copyFileSync(join(state, name), join(copy, name));
  }
  const database = new DatabaseSync(join(copy, storeFileName));
  try {
    const { integrity_check: verdict } = database.prepare('PRAGMA integrity_check').get() ?? {};
    must(verdict === 'ok', `the database is damaged: ${verdict}`);
    must(database.prepare('PRAGMA foreign_key_check').all().length === 0, 'the database contradicts itself');
  } finally {
    database.close();
  }
}

function notes(count: number): readonly Ask[] {
  return Array.from({ length: count }, (_, i) => {
    const template = { kind: 1, created_at: 1_700_000_000, tags: [], content: `note ${i}` };
    return { method: 'sign_event', params: [JSON.stringify(template)] };
  });
}
