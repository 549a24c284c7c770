/**
 * What `npm pack` makes of the packages, put where npm would put it: it has all its files, needs nothing that it does not declare, and
 * runs without this repository's sources. What others publish is linked from here, so that the test needs no registry.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { readPage } from '../../../host/src/dashboard/files.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const packages = ['device-protocol', 'firmware-sim', 'host'];
const run = promisify(execFile);

test('the packages run from an empty folder, as after npm install', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-packed-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const modules = join(dir, 'node_modules');
  const workspaces = packages.flatMap((name) => ['-w', name]);
  await run('npm', ['pack', '--silent', '--pack-destination', dir, ...workspaces], { cwd: root });
  for (const tarball of readdirSync(dir).filter((name) => name.endsWith('.tgz'))) {
    const unpacked = join(dir, tarball.slice(0, -4));
    mkdirSync(unpacked);
    await run('tar', ['xzf', join(dir, tarball), '--strip-components=1', '-C', unpacked]);
    const { name, dependencies } = manifest(unpacked);
    link(unpacked, join(modules, name));
    // As npm would with another version at the top: each has its own dependencies beside it, and sees no others.
    const source = packages.map((one) => join(root, one)).find((one) => manifest(one).name === name) ?? '';
    for (const other of Object.keys(dependencies)) {
      const isOurs = packages.some((one) => manifest(join(root, one)).name === other);
      const installed = [join(source, 'node_modules', other), join(root, 'node_modules', other)].find(existsSync) ?? '';
      link(isOurs ? join(modules, other) : installed, join(unpacked, 'node_modules', other));
    }
  }
  // The host finds the simulator beside itself, as in a folder where both are installed.
  const host = join(dir, readdirSync(dir).find((name) => /^sallyport-\d[^t]*$/.test(name)) ?? '');
  link(join(modules, '@sallyport/firmware-sim'), join(host, 'node_modules/@sallyport/firmware-sim'));
  expect(readPage(join(host, 'dashboard/dist'))?.get('/')?.type).toContain('text/html');
  for (const face of ['windows.ps1', 'macos.js']) expect(existsSync(join(host, 'tray-faces', face))).toBe(true);
  // What only a desktop loads: that all of it is there.
  const linux = pathToFileURL(join(host, 'dist/tray/linux/linux-face.js')).href;
  await run(process.execPath, ['--input-type=module', '-e', `await import('${linux}')`], { cwd: dir });
  const said = await firstLines(join(host, 'bin/sallyport.js'), dir);
  expect(said).toMatch(/^\{"bunker":"bunker:\/\/[0-9a-f]{64}\?relay=/);
  expect(said).toContain('"account":"');
  expect(readdirSync(join(host, 'dist')).filter((name) => name.includes('tsbuildinfo'))).toEqual([]);
});

/** Runs the host until it knows the key of its simulated device, and ends it as Ctrl-C does. */
async function firstLines(program: string, cwd: string): Promise<string> {
  const args = [program, 'run', '--json', '--sim-press', 'approve'];
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, NODE_OPTIONS: '' } });
  let [said, trouble] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    trouble += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('"account":"')) child.kill('SIGINT');
  });
  const [code] = await new Promise<[number | null]>((resolve) => child.once('close', (status) => resolve([status])));
  if (code !== 0) throw new Error(`it ended with ${code}:\n${said}\n${trouble}`);
  return said;
}

function manifest(path: string): { readonly name: string; readonly dependencies: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
}

function link(to: string, at: string): void {
  mkdirSync(dirname(at), { recursive: true });
  symlinkSync(to, at);
}
