/** The contract of faces that are scripts: JSON lines both ways, and an end on either side. */
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { paintIcon } from '../../../host/src/core/tray/icon.ts';
import type { FromFace, ToFace } from '../../../host/src/tray/contract.ts';
import { png } from '../../../host/src/tray/png.ts';
import { interpreterFor, openScriptFace } from '../../../host/src/tray/script-face.ts';
import { runMacFace } from './mac-world.ts';

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
  tell({ setMenu: [{ id: 'quit', label: 'Quité €🐴' }] });
  tell({ setState: { look: 'ready', words: 'Ready', waiting: 0 } });
  await vi.waitFor(() => expect(said).toHaveLength(3), wait);
  expect(said[0]).toEqual({ click: 'dashboard' });
  expect(said[1]).toEqual({ note: '{"setMenu":[{"id":"quit","label":"Quité €🐴"}]}' });
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

test('the scripts of both systems are there, and each knows every line of the contract', () => {
  for (const platform of ['win32', 'darwin'] as const) {
    const path = interpreterFor(platform)?.args.at(-1) ?? '';
    const text = readFileSync(path, 'utf8');
    for (const word of ['setState', 'setMenu', 'setNotice', 'say', 'click']) expect(text, path).toContain(word);
  }
  expect(interpreterFor('linux')).toBeNull();
});

test('the script of macOS, in a world made after its documentation: menu, clicks, notices, and its end', () => {
  const mac = runMacFace(interpreterFor('darwin')?.args.at(-1) ?? '');
  const tell = (line: ToFace | { readonly setState: object }): string => `${JSON.stringify(line)}\n`;
  const apps = { label: 'Apps', items: [{ id: 'pause_app ab', label: 'Pause' }] };
  const menu = tell({ setMenu: [{ label: 'Ready' }, {}, apps, { id: 'quit', label: 'Quit' }] });
  mac.hear(menu.slice(0, 20));
  mac.hear(menu.slice(20) + tell({ setState: { look: 'waiting', words: 'Look', waiting: 2, icon: 'AAAA' } }));
  expect(mac.item.button).toMatchObject({ title: ' 2', toolTip: 'Sallyport: Look', image: { data: 'AAAA' } });
  const [ready, line, more, quit] = mac.item.menu.rows;
  expect([ready?.enabled, line?.title, more?.enabled]).toEqual([false, '-', true]);
  mac.click(ready);
  mac.click(more?.submenu?.rows[0]);
  mac.click(quit);
  expect(mac.said).toEqual([{ click: 'pause_app ab' }, { click: 'quit' }]);
  const notice = { title: 'Look', body: 'Coracle', action: null };
  for (const setNotice of [notice, notice, null, notice]) mac.hear(tell({ setNotice }));
  expect(mac.notifications).toEqual([
    ['Look', 'Coracle'],
    ['Look', 'Coracle'],
  ]);
  expect(mac.ended.yes).toBe(false);
  mac.hear('');
  expect(mac.ended.yes).toBe(true);
});
