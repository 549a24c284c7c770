/**
 * The demo as a person sees it: `npm start` in a real terminal, the bunker line with its QR code, the screen of the device, and
 * keys that are typed. And the pipe, where there is no pseudo-terminal between host and device.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BunkerSigner, parseBunkerInput } from 'nostr-tools/nip46';
import { SimplePool } from 'nostr-tools/pool';
import { generateSecretKey, verifyEvent } from 'nostr-tools/pure';
import { encode } from 'uqr';
import { expect, type TestContext, test } from 'vitest';
import { startTerminal, terminalMissing } from '../../support/terminal.ts';
import { ready, startHost } from '../../support/whole.ts';

const missing = await terminalMissing();
if (missing !== null) console.log(`skipped: the stories in a terminal (${missing})`);

const note = { kind: 1, created_at: 1_735_787_045, tags: [], content: 'typed with my own hand' };

test.skipIf(missing !== null)('a person starts the demo, approves, denies, and ends it by Ctrl-C', async (context) => {
  const temporary = directory(context);
  const terminal = await startTerminal([], { TMPDIR: temporary });
  context.onTestFinished(terminal.kill);
  const [, uri = ''] = await terminal.until(/(bunker:\/\/\S+)\r?\n/);
  await terminal.until(/│Sallyport +DEMO│/);
  await terminal.until(/a approve · A hold · d deny/);
  await terminal.until(/● device ready: simulator lcd240/);
  expect(terminal.text()).toContain('DEMO: the simulated device below has a throwaway key.');
  expect(terminal.text()).toContain(`status --state ${join(temporary, 'sallyport-')}`);
  expect(qrCodeIn(terminal.text())).toEqual(encode(uri, { ecc: 'L', border: 2 }).data);

  const connecting = connected(context, uri);
  await terminal.until(/Pair an app[\s\S]*KEY1 \w/);
  terminal.type('a');
  const signer = await connecting;
  let from = terminal.text().length;
  const approving = signer.signEvent(note);
  await terminal.until(/Sign note[\s\S]*typed with my own[\s\S]*KEY1 sign/, from);
  terminal.type('a');
  expect(verifyEvent(JSON.parse(JSON.stringify(await approving)))).toBe(true);
  await terminal.until(/✔ SIGNED/, from);
  await terminal.until(/· \w{8} sign_event kind 1: answered/, from);

  from = terminal.text().length;
  const denying = signer.signEvent({ ...note, content: 'not this one' }).then(() => 'signed', String);
  await terminal.until(/Sign note[\s\S]*not this one[\s\S]*KEY3 deny/, from);
  terminal.type('d');
  expect(await denying).toContain('denied');
  await terminal.until(/✘ DENIED/, from);

  terminal.type('\x03');
  expect(await terminal.gone()).toBe(0);
  expect(terminal.text()).not.toMatch(/\n\s+at /);
  expect(readdirSync(temporary).filter((name) => name.startsWith('sallyport'))).toEqual([]);
});

test('over the pipe: said as a warning, and one signature', async (context) => {
  const temporary = directory(context);
  const host = startHost(['--sim-link', 'pipe', '--sim-press', 'approve'], { env: { TMPDIR: temporary } });
  context.onTestFinished(() => host.signal('SIGKILL'));
  const uri = await host.until((line) => line.bunker, 'the bunker line');
  await host.until(({ warning }) => (warning?.includes('linked by a pipe') ? true : null), 'the warning');
  const pubkey = await ready(host);
  const signer = await connected(context, uri);
  const event = JSON.parse(JSON.stringify(await signer.signEvent(note)));
  expect(verifyEvent(event)).toBe(true);
  expect(event.pubkey).toBe(pubkey);
  host.signal('SIGTERM');
  expect(await host.gone()).toEqual({ code: 0, signal: null });
  expect(readdirSync(temporary).filter((name) => name.startsWith('sallyport'))).toEqual([]);
});

async function connected({ onTestFinished }: TestContext, uri: string): Promise<BunkerSigner> {
  const pointer = await parseBunkerInput(uri);
  if (pointer === null) throw new Error(`nostr-tools cannot read ${uri}`);
  const pool = new SimplePool();
  onTestFinished(() => pool.destroy());
  const signer = BunkerSigner.fromBunker(generateSecretKey(), pointer, { pool });
  await signer.connect();
  return signer;
}

function directory({ onTestFinished }: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-terminal-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Reads the half blocks back into modules: each character is two, one above the other, and light ones are drawn. */
function qrCodeIn(text: string): boolean[][] {
  const lines = text.split(/\r?\n/);
  // The border: two light modules on all sides, so that the first line is drawn in full.
  const top = lines.findIndex((line) => /^█{20,}$/.test(line));
  const width = lines[top]?.length ?? 0;
  const rows: boolean[][] = [];
  for (const line of lines.slice(top)) {
    if (line.length !== width || /[^█▀▄ ]/.test(line)) break;
    rows.push([...line].map((sign) => sign === ' ' || sign === '▄'));
    rows.push([...line].map((sign) => sign === ' ' || sign === '▀'));
  }
  return rows.slice(0, width);
}
