/** A host of this repository in a process of its own, whose dashboard a browser opens: simulated device, embedded relay. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BunkerSigner, parseBunkerInput } from 'nostr-tools/nip46';
import { generateSecretKey } from 'nostr-tools/pure';
import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { type ControlClient, controlClient } from '../../host/src/control/client.ts';
import { type Program, startProgram } from '../support/program.ts';

export type HostLine = Readonly<Record<string, unknown>>;

export type PageHost = {
  readonly state: string;
  readonly client: ControlClient;
  /** The first `bunker://` line. */
  readonly bunker: string;
  readonly program: () => Program<HostLine>;
  /** A link that lets one page in. */
  readonly link: () => Promise<string>;
  /** Opens the dashboard in this page, as somebody does who follows the link. */
  readonly visit: (page: Page) => Promise<void>;
  /** Kills the host, and starts another in its place. */
  readonly kill: () => Promise<void>;
  readonly again: () => Promise<void>;
};

/** Starts it with these options beside `--json`; ends with the test. `--dashboard` keeps its port over a restart. */
export async function startPageHost(...options: readonly string[]): Promise<PageHost> {
  const state = mkdtempSync(join(tmpdir(), 'sallyport-page-'));
  const client = controlClient(state);
  let port = '0';
  let program = start();

  function start(): Program<HostLine> {
    const args = ['--json', '--state', state, '--dashboard', port, ...options];
    return startProgram('host/bin/sallyport.js', args, { linesFd: 1 });
  }
  async function kill(): Promise<void> {
    program.signal('SIGKILL');
    await program.gone();
  }
  onTestFinished(async () => {
    program.signal('SIGTERM');
    await program.gone();
    rmSync(state, { recursive: true, force: true });
  });
  const lineOf = (): Promise<string> =>
    program.until(({ bunker }) => (typeof bunker === 'string' ? bunker : null), 'a bunker line');
  async function link(): Promise<string> {
    const said = await client.call('POST /v0/dashboard');
    if (said.type !== 'answer') throw new Error(said.words);
    port = new URL(said.answer.url).port;
    return said.answer.url;
  }

  const bunker = await lineOf();
  return {
    state,
    client,
    bunker,
    program: () => program,
    link,
    visit: async (page) => {
      await page.goto(await link());
      await page.getByRole('navigation').waitFor();
    },
    kill,
    again: async () => {
      program = start();
      await lineOf();
    },
  };
}

/** For `--sim-press`: a device whose human says yes to the first question, the pairing, and then looks away. */
export function pressOnce(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-press-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'once');
  writeFileSync(path, 'yes\nignore\n');
  return path;
}

/** An app that used a line of this host: its first one, where no other is given. */
export async function pairedApp(host: PageHost, name = 'Coracle', line = host.bunker): Promise<BunkerSigner> {
  const pointer = await parseBunkerInput(line);
  if (pointer === null) throw new Error('no bunker line');
  const signer = BunkerSigner.fromBunker(generateSecretKey(), pointer);
  onTestFinished(() => signer.close());
  await signer.connect({ name });
  return signer;
}
