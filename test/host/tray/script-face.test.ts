/** The contract of faces that are scripts: JSON lines both ways, and an end on either side. */
import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import { inflateSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { paintIcon } from '../../../host/src/core/tray/icon.ts';
import type { FromFace } from '../../../host/src/tray/contract.ts';
import { png } from '../../../host/src/tray/png.ts';
import { interpreterFor, openScriptFace } from '../../../host/src/tray/script-face.ts';

const wait = { timeout: 10_000, interval: 5 };

/** A face in the runtime of this test: for each line that it hears it says one, with the line in it. */
const echo = `
  const { createInterface } = require('node:readline');
  console.log('the interpreter says hello');
  console.log(JSON.stringify({ strange: true }));
  console.log(JSON.stringify({ click: 'dashboard' }));
  createInterface({ input: process.stdin }).on('line', (line) => {
    const told = JSON.parse(line);
    if (told.say?.body === 'end') process.exit(3);
    const icon = told.setState?.icon.slice(0, 8);
    console.log(JSON.stringify({ note: JSON.stringify({ ...told, icon }).slice(0, 100) }));
  });`;

async function scriptFace(script: string) {
  const said: FromFace[] = [];
  const ended: string[] = [];
  const events = { said: (line: FromFace) => said.push(line), ended: (why: string) => ended.push(why) };
  const face = await openScriptFace({ program: process.execPath, args: ['-e', script] }, events);
  if (face === null) throw new Error(`There is no face: ${ended}`);
  onTestFinished(face.close);
  return { ...face, said, ended };
}

test('it is told by JSON lines and says by JSON lines; other lines are none of it', async () => {
  const { tell, said, close, ended } = await scriptFace(echo);
  tell({ setMenu: [{ id: 'quit', label: 'Quit' }] });
  tell({ setState: { look: 'ready', words: 'Ready', waiting: 0 } });
  await vi.waitFor(() => expect(said).toHaveLength(3), wait);
  expect(said[0]).toEqual({ click: 'dashboard' });
  expect(said[1]).toEqual({ note: '{"setMenu":[{"id":"quit","label":"Quit"}]}' });
  expect(said[2]).toEqual({ note: expect.stringContaining('"look":"ready"') });
  await close();
  expect(ended).toEqual([]);
});

test('a script that ends, or is not there, is said once', async () => {
  const { tell, ended } = await scriptFace(echo);
  tell({ say: { title: '', body: 'end' } });
  await vi.waitFor(() => expect(ended).toEqual([expect.stringContaining('ended (3)')]), wait);
  const none: string[] = [];
  const events = { said: () => undefined, ended: (why: string) => none.push(why) };
  expect(await openScriptFace({ program: '/nowhere/at/all', args: [] }, events)).toBeNull();
  expect(none).toEqual([expect.stringContaining('could not be started')]);
});

test('the icon as a PNG has the pixels that were painted', () => {
  const pixels = paintIcon('locked', true, 16);
  const file = png(pixels, 16);
  expect(file.subarray(0, 8)).toEqual(Buffer.from('89504e470d0a1a0a', 'hex'));
  expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([16, 16]);
  const at = file.indexOf('IDAT');
  const rows = inflateSync(file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4)));
  const unfiltered = Array.from({ length: 16 }, (_, row) => rows.subarray(row * 65 + 1, (row + 1) * 65));
  expect(Buffer.concat(unfiltered)).toEqual(Buffer.from(pixels));
});

test('the scripts of both systems are there, macOS’s can be parsed, and each knows every line of the contract', () => {
  for (const platform of ['win32', 'darwin'] as const) {
    const path = interpreterFor(platform)?.args.at(-1) ?? '';
    const text = readFileSync(path, 'utf8');
    for (const word of ['setState', 'setMenu', 'setNotice', 'say', 'click']) expect(text, path).toContain(word);
    if (platform === 'darwin') expect(() => new Script(text)).not.toThrow();
  }
  expect(interpreterFor('linux')).toBeNull();
});
