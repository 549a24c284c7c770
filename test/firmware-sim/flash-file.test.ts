/** Flash as a file: what a cut at any byte leaves, what is damage, what a write costs, and what a killed process had confirmed. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { chipBeside, deviceSecretIn } from '../../firmware-sim/src/chip.ts';
import { createVault, wipe } from '../../firmware-sim/src/firmware/vault/vault.ts';
import { flashFile, flashInMemory, type SimulatedFlash } from '../../firmware-sim/src/flash-file.ts';
import { imageOf, readImage } from '../../firmware-sim/src/flash-image.ts';
import { testChip } from '../support/memory-flash.ts';
import { bytesFrom, chance } from '../support/random.ts';

const dir = mkdtempSync(join(tmpdir(), 'sallyport-flash-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let count = 0;
const newPath = (): string => join(dir, `flash-${count++}`);
const some = (size: number, byte = 7): Uint8Array => new Uint8Array(size).fill(byte);
const all = (flash: Pick<SimulatedFlash, 'names' | 'read'>) =>
  flash
    .names()
    .toSorted()
    .map((name) => `${name} ${Buffer.from(flash.read(name) ?? []).toString('hex')}`);

test('records are there again after each start, and gone when they were removed', () => {
  const path = newPath();
  const flash = flashFile(path);
  flash.write('a', some(3));
  flash.write('log/1', some(5));
  flash.write('a', some(4));
  flash.write('küche', some(0));
  flash.remove('log/1');
  flash.remove('never there');
  expect(all(flashFile(path))).toEqual(['a 07070707', 'küche ']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('cut at any byte, the file is as before the last write or after it, and takes the next one', () => {
  const path = newPath();
  const flash = flashFile(path);
  const sizes = [statSync(path).size];
  const states: string[][] = [[]];
  for (const [name, value] of [
    ['a', some(9)],
    ['b', some(20, 1)],
    ['a', null],
    ['c', some(2)],
    ['b', some(1)],
  ] as const) {
    if (value === null) flash.remove(name);
    else flash.write(name, value);
    sizes.push(statSync(path).size);
    states.push(all(flash));
  }
  const whole = readFileSync(path);
  for (let length = sizes[0] ?? 0; length <= whole.length; length++) {
    const cut = newPath();
    // A file system may have made room for what it never wrote.
    for (const torn of [whole.subarray(0, length), Buffer.concat([whole.subarray(0, length), Buffer.alloc(8)])]) {
      writeFileSync(cut, torn, { mode: 0o600 });
      const last = sizes.findLastIndex((size) => size <= length);
      const again = flashFile(cut);
      expect(all(again)).toEqual(states[last]);
      again.write('next', some(1));
      expect(all(flashFile(cut))).toEqual([...(states[last] ?? []), 'next 07'].toSorted());
    }
  }
});

test('a bad entry with whole ones behind it is damage, and no confirmed record is dropped in silence', () => {
  const image = imageOf(
    new Map([
      ['a', some(9)],
      ['b', some(9)],
      ['c', some(9)],
    ]),
  );
  const entry = (image.length - 8) / 3;
  for (let at = 8; at < 8 + 2 * entry; at++) {
    const bad = image.map((byte, i) => (i === at ? byte ^ 0x10 : byte));
    expect(() => readImage(bad, 'it')).toThrow('it is a damaged flash image');
  }
});

test.each([
  ['nothing', new Uint8Array()],
  ['text', Buffer.from('no flash image')],
  ['a newer version', Buffer.from('sallyfl\x03')],
])('what is %s is no image', (_, bytes) => {
  const path = newPath();
  writeFileSync(path, bytes, { mode: 0o600 });
  expect(() => flashFile(path)).toThrow(`${path} is not a flash image of version 1 or 2`);
});

test('an image of version 1 is read, and is one of version 2 from then on', () => {
  const path = newPath();
  const old = readFileSync(new URL('images/1-own-key.hex', import.meta.url), 'utf8').replaceAll('\n', '');
  writeFileSync(path, Buffer.from(old, 'hex'), { mode: 0o600 });
  const before = all(flashFile(path));
  expect(before).toHaveLength(3);
  expect(readFileSync(path).subarray(0, 8).toString('latin1')).toBe('sallyfl\x02');
  expect(all(flashFile(path))).toEqual(before);
});

test('what one may read, others may not', () => {
  const path = newPath();
  writeFileSync(path, imageOf(new Map()), { mode: 0o644 });
  expect(() => flashFile(path)).toThrow('chmod 600');
});

test('a write costs what it writes; the file stays in proportion to what is in it', () => {
  const path = newPath();
  const flash = flashFile(path);
  for (let i = 0; i < 64; i++) flash.write(`large/${i}`, some(16 * 1024));
  const before = statSync(path).size;
  flash.write('log/0', some(1024));
  expect(statSync(path).size - before).toBeLessThan(1100);
  for (let i = 0; i < 4_000; i++) flash.write('log/0', some(1024, i));
  expect(statSync(path).size).toBeLessThan(2.2 * before + 70 * 1024);
  expect(flashFile(path).read('log/0')).toEqual(some(1024, 3_999));
});

test('the secret of the device is made once, lies beside its image, and is missed when it is gone', () => {
  const path = newPath();
  const chip = chipBeside(path);
  const random = (length: number) => some(length, count);
  const secret = deviceSecretIn(chip, path, random);
  count += 1;
  flashFile(path).write('a', some(1));
  expect(deviceSecretIn(chip, path, random)).toEqual(secret);
  expect(statSync(chip).mode & 0o777).toBe(0o600);
  rmSync(chip);
  expect(() => deviceSecretIn(chip, path, random)).toThrow(`${chip} is gone, and without it ${path} cannot be opened`);
  writeFileSync(chip, some(31), { mode: 0o600 });
  expect(() => deviceSecretIn(chip, path, random)).toThrow('does not hold 32 bytes');
});

test('what was removed is not in the file after the next start', () => {
  const path = newPath();
  const flash = flashFile(path);
  flash.write('key', Buffer.from('very secret'));
  flash.write('other', some(9));
  flash.remove('key');
  flashFile(path);
  expect(readFileSync(path).includes('very secret')).toBe(false);
});

test('at the end of a wipe nothing of before is in the file', () => {
  const path = newPath();
  const flash = flashFile(path);
  const device = { ...testChip, flash, random: bytesFrom(chance(6)) };
  createVault(device, '2580', [['thing', some(500)]]).close();
  const sealed = flash.names().map((name) => Buffer.from(flash.read(name) ?? []));
  wipe(device);
  const left = readFileSync(path);
  expect(sealed.filter((record) => left.includes(record))).toEqual([]);
});

test('any history leaves the same in the file as in memory', () => {
  const operation = fc.tuple(fc.constantFrom('a', 'b', 'log/1', 'c'), fc.option(fc.uint8Array({ maxLength: 40 })));
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 12 }), (operations) => {
      const path = newPath();
      const [file, memory] = [flashFile(path), flashInMemory()];
      for (const [name, value] of operations) {
        for (const flash of [file, memory]) {
          if (value === null) flash.remove(name);
          else flash.write(name, value);
        }
      }
      expect(all(flashFile(path))).toEqual(all(memory));
      const loaded = flashInMemory();
      loaded.load(file.image());
      expect(all(loaded)).toEqual(all(memory));
    }),
    { numRuns: 30 },
  );
});

// Each line waits for its reader: process.stdout would keep for later what a full pipe does not take, and this loop has no later.
const writer = `
  const { writeSync } = await import('node:fs');
  const { flashFile } = await import(process.argv[1]);
  const flash = flashFile(process.argv[2]);
  for (let i = 1; ; i++) {
    flash.write('count', new Uint8Array(500).fill(i & 0xff));
    writeSync(1, i + '\\n');
  }
`;

test.runIf(process.platform === 'linux')('a disk that takes no more ends the device, and loses nothing', async () => {
  const source = new URL('../../firmware-sim/src/flash-file.ts', import.meta.url).href;
  const path = newPath();
  const args = ['--conditions=sallyport-source', '--input-type=module', '--eval', writer, source, path];
  // 40 KiB a file; without its signal the limit is an error like that of a full disk.
  const script = 'trap "" XFSZ; ulimit -f 40; exec "$@"';
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => {
    said += String(data);
  });
  let confirmed = 0;
  for await (const line of createInterface({ input: child.stdout })) confirmed = Number(line);
  expect(said).toContain('the flash image cannot be written: EFBIG');
  expect(confirmed).toBeGreaterThan(60);
  expect(flashFile(path).read('count')).toEqual(some(500, confirmed & 0xff));
});

test('a killed process leaves what it had confirmed, or the one write more', async () => {
  const source = new URL('../../firmware-sim/src/flash-file.ts', import.meta.url).href;
  const path = newPath();
  const args = ['--conditions=sallyport-source', '--input-type=module', '--eval', writer, source, path];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let confirmed = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    confirmed = Number(line);
    if (confirmed === 60) child.kill('SIGKILL');
  }
  expect(confirmed).toBeGreaterThanOrEqual(60);
  const [last] = flashFile(path).read('count') ?? [];
  expect([confirmed & 0xff, (confirmed + 1) & 0xff]).toContain(last);
});

test('what leaves the device waits for the disk, in its order, and a screen makes it wait at once', async () => {
  const path = newPath();
  const flash = flashFile(path);
  const left: string[] = [];
  flash.whenKept(() => left.push('nothing was written'));
  expect(left).toEqual(['nothing was written']);
  flash.write('seen', some(1));
  flash.whenKept(() => left.push('first'));
  flash.write('seen', some(2));
  const second = new Promise<void>((resolve) =>
    flash.whenKept(() => {
      left.push('second');
      resolve();
    }),
  );
  expect(left).toHaveLength(1);
  await second;
  expect(left.slice(1)).toEqual(['first', 'second']);
  flash.write('seen', some(3));
  flash.whenKept(() => left.push('third'));
  // The journal is made anew while the disk is still at work for the old one.
  flash.remove('seen');
  flash.load(flash.image());
  flash.whenKept(() => left.push('fourth'));
  flash.keepNow();
  expect(left.slice(3)).toEqual(['third', 'fourth']);
  for (let i = 0; i < 300; i++) {
    flash.write('seen', some(1, i & 0xff));
    flash.whenKept(() => left.push(`${i}`));
  }
  expect(left.length).toBeGreaterThan(200);
});
