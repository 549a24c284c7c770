/**
 * Two processes and a pseudo-terminal: host and device that never met are paired by six digits, stay paired when both start anew,
 * and a device with another key gets nothing until it is paired in place of the first.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { kill, ready, startDevice, startHost, startWhole, type Whole } from '../../support/whole.ts';

const open: Whole[] = [];
afterAll(async () => {
  for (const whole of open) await whole.close();
});

async function unpaired(args: readonly string[]): Promise<Whole> {
  const whole = await startWhole({ paired: false, plugged: false });
  open.push(whole);
  await whole.killHost();
  await whole.plug();
  await whole.startHost(args);
  return whole;
}

/** The digits as the large screen draws them, read back through the shapes of the ten digits. */
const shapes = ['75557', '26227', '71747', '71717', '55711', '74717', '74757', '71111', '75757', '75717'];
function codeOn(screen: readonly string[]): string {
  const top = screen.findIndex((row) => row.includes('█'));
  const rows = screen.slice(top, top + 5);
  const left = Math.floor((screen[0]?.length ?? 0) / 2) - 12;
  return [0, 4, 8, 14, 18, 22]
    .map((at) => {
      const cell = (row: string, n: number): number => (row[left - 1 + at + n] === '█' ? 1 : 0);
      const shape = rows.map((row) => cell(row, 0) * 4 + cell(row, 1) * 2 + cell(row, 2)).join('');
      return shapes.indexOf(shape);
    })
    .join('');
}

test('pairs over a pseudo-terminal, and is still paired after both start anew', { timeout: 90_000 }, async () => {
  const whole = await unpaired(['--pair']);
  const host = whole.host();
  // A yes from before the code confirms nothing.
  host.tell({ pair: 'yes' });
  const code = await host.until((line) => line.pairing?.code, 'the code at the host');
  const screen = await whole
    .device()
    .until(
      ({ screen }) =>
        screen?.[0]?.startsWith('Pair a computer') && screen.some((row) => row.includes('█')) ? screen : null,
      'the code on the device',
    );
  expect(codeOn(screen)).toBe(code);
  whole.device().hold('approve');
  await whole
    .device()
    .until(({ screen }) => screen?.some((row) => row.includes('say yes at the computer')) || null, 'waiting');
  host.tell({ pair: 'yes' });
  await host.until((line) => (line.pairing?.state === 'paired' ? line : null), 'the pairing');
  await host.until((line) => (line.device?.channel === 'paired' ? line : null), 'a paired session');

  await whole.killHost();
  await whole.unplug();
  await whole.plug();
  await whole.startHost();
  await whole.host().until((line) => (line.device?.channel === 'paired' ? line : null), 'a paired session again');

  // Another device takes the port: nothing is said to it.
  await whole.unplug();
  const other = await startDevice(whole.port, []);
  try {
    const from = whole.host().lines.length;
    await whole.host().until((line) => (line.device?.why === 'another_device' ? line : null), 'the refusal', from);
    await whole.killHost();
    const again = startHost(['--port', whole.port, '--state', join(whole.dir, 'state'), '--replace-device'], {
      stdin: 'lines',
    });
    const second = await again.until((line) => line.pairing?.code, 'the code of the other device');
    expect(second).toMatch(/^\d{6}$/);
    again.tell({ pair: 'no' });
    await again.until((line) => (line.pairing?.state === 'failed' ? line : null), 'the end of the pairing');
    await kill(again);
    await whole.startHost();
  } finally {
    rmSync(whole.port, { force: true });
    await kill(other);
  }
});

test('without anybody to ask it goes on unpaired, says so once, and the device says "unknown computer"', async () => {
  const whole = await unpaired([]);
  await ready(whole.host());
  await whole.host().until((line) => (line.warning?.includes('not paired') ? line : null), 'the warning');
  expect(whole.host().lines.filter((line) => line.warning?.includes('not paired')).length).toBe(1);
  expect(whole.host().lines.findLast((line) => line.device?.channel)?.device?.channel).toBe('unpaired');
}, 60_000);
