/**
 * What takes memory while nothing happens: the host, and the icon in the panel, here on a desktop in this process. `own` is what no
 * other process shares: not the runtime's own file.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { startDesktop, startPanel } from '../host/tray/desktop.ts';
import { childrenOf, ownMb, residentMb } from '../support/processes.ts';
import { startProgram } from '../support/program.ts';
import type { Effort } from './measure.ts';
import { type Ends, ended, startProduct } from './product-parts.ts';
import { short, table } from './table.ts';

/** From the last thing that happened until it is looked; a runtime gives memory back when it is idle. */
const restMs = 20_000;
/** To the icon that says that all is well. */
const patienceMs = 25_000;

export async function benchCompanion({ quick }: Effort): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-companion-'));
  const ends: Ends = [async () => rmSync(dir, { recursive: true, force: true })];
  try {
    const desktop = await startDesktop();
    ends.push(desktop.close);
    const panel = await startPanel(desktop);
    const { pids, state } = await startProduct([], join(dir, 'state'), { built: !quick }, ends);
    const before = new Set(childrenOf(process.pid));
    const env = { DBUS_SESSION_BUS_ADDRESS: desktop.address };
    const tray = startProgram('host/bin/sallyport.js', ['tray', '--state', state], { linesFd: 1, env, built: !quick });
    ends.push(() => ended(tray));
    await untilReady(panel);
    if (!quick) await rest(restMs);
    const icon = childrenOf(process.pid).find((child) => !before.has(child)) ?? null;
    const rows = [
      ['host', pids.get('host') ?? null],
      ['icon in the panel', icon],
    ] as const;
    return table(
      'the companion at rest',
      ['', 'resident', 'own'],
      rows.map(([name, pid]) => [name, `${short(residentMb(pid))} MB`, `${short(ownMb(pid))} MB`]),
    );
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function untilReady(panel: Awaited<ReturnType<typeof startPanel>>): Promise<void> {
  const end = Date.now() + patienceMs;
  while (panel.items.length === 0 || (await panel.rows())[0]?.label !== 'Ready') {
    if (Date.now() > end) throw new Error('the icon does not say that the host is ready');
    await rest(100);
  }
}
