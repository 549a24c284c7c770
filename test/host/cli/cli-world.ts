/** The commands, run in this process against a host in memory that listens on a real socket. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { runCli } from '../../../host/src/cli/cli.ts';
import { serveControl } from '../../../host/src/control/server.ts';
import type { HostView } from '../../../host/src/control/view.ts';
import { type ControlWorld, controlWorld } from '../control/control-world.ts';

/** What the next command finds on stdin. */
export const stdin = { text: '' };

type Ran = { readonly code: number; readonly out: string; readonly err: string };

export const cli = (...argv: string[]): Promise<Ran> => cliUntil(new AbortController().signal, ...argv);

export async function cliUntil(until: AbortSignal, ...argv: string[]): Promise<Ran> {
  let out = '';
  let err = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    asks: false,
    stdin: async () => stdin.text,
    secret: async () => expect.fail('nobody may be asked'),
    until,
  };
  const code = await runCli(argv, io, ['--conditions=of-the-sources', '/opt/sallyport.js']);
  return { code, out, err };
}

export function directory({ onTestFinished }: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A host whose socket is in a directory, and the commands for it; `other`: what of it is not as usual. */
export async function running(
  context: TestContext,
  other: Partial<HostView> = {},
): Promise<ControlWorld & { run: (...argv: string[]) => Promise<Ran> }> {
  const world = controlWorld(context);
  const state = join(directory(context), 'state');
  const server = await serveControl({ ...world.view, ...other }, state);
  if (server.type === 'refused') throw new Error(server.words);
  context.onTestFinished(server.close);
  return { ...world, run: (...argv) => cli(...argv, '--state', state) };
}
