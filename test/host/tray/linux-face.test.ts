/** The icon, its menu and its notices on the bus of a session, as panels and servers of notifications meet them. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { FromFace } from '../../../host/src/tray/contract.ts';
import { openLinuxFace } from '../../../host/src/tray/linux/linux-face.ts';
import { type Desktop, type Row, startDesktop, startNotifications, startPanel } from './desktop.ts';

const wait = { timeout: 10_000, interval: 5 };

async function desktopOfTest(): Promise<Desktop> {
  const desktop = await startDesktop();
  onTestFinished(desktop.close);
  return desktop;
}

async function faceOn(desktop: Desktop, name = 'test', patienceMs?: number) {
  const said: FromFace[] = [];
  const ended: string[] = [];
  const events = { said: (line: FromFace) => said.push(line), ended: (why: string) => ended.push(why) };
  const face = await openLinuxFace(desktop.address, name, events, patienceMs);
  if (face === null) throw new Error(`There is no face: ${JSON.stringify(said)} ${ended}`);
  onTestFinished(face.close);
  return { ...face, said, ended };
}

const find = (rows: readonly Row[], label: string): Row =>
  rows.flatMap((row) => [row, ...row.rows]).find((row) => row.label === label) ?? expect.fail(`no ${label}`);
const click = (row: Row): unknown[] => [row.number, 'clicked', ['s', ''], 0];

test('a panel is shown an icon, and hears when it changes', async () => {
  const desktop = await desktopOfTest();
  const panel = await startPanel(desktop);
  const { tell } = await faceOn(desktop);
  await vi.waitFor(() => expect(panel.items).toHaveLength(1), wait);
  // The name alone: a path behind it breaks GNOME's panel.
  expect(panel.items[0]).toMatch(/^app\.sallyport\.Tray\.test$/);
  const before = await panel.item();
  expect(before).toMatchObject({ Status: 'Active', IconName: '', Menu: '/MenuBar', ItemIsMenu: false });
  expect(before['IconPixmap']).toHaveLength(5);
  tell({ setState: { look: 'waiting', words: 'Look', waiting: 1 } });
  await vi.waitFor(() => expect(panel.signals).toContain('NewStatus'), wait);
  const after = await panel.item();
  expect(after).toMatchObject({ Status: 'NeedsAttention', ToolTip: ['', [], 'Sallyport', 'Look'] });
  expect(after['AttentionIconPixmap']).toEqual(after['IconPixmap']);
  expect(after['IconPixmap']).not.toEqual(before['IconPixmap']);
});

test('a click on the icon and on a row is said by its id, and a number never means another row', async () => {
  const desktop = await desktopOfTest();
  const panel = await startPanel(desktop);
  const { tell, said } = await faceOn(desktop);
  const apps = { label: 'my_apps', items: [{ id: 'pause_app ab', label: 'Pause' }] };
  tell({ setMenu: [{ label: 'Ready' }, {}, apps, { id: 'quit', label: 'Quit' }] });
  await vi.waitFor(() => expect(panel.items).toHaveLength(1), wait);
  await panel.click();
  const old = await panel.rows();
  expect(old.map(({ label, enabled }) => [label, enabled])).toEqual([
    ['Ready', false],
    ['', true],
    ['my__apps', true],
    ['Quit', true],
  ]);
  await panel.menu('Event', 'isvu', click(find(old, 'Pause')));
  tell({ setMenu: [{ label: 'Waiting' }, { id: 'refuse 1', label: 'Refuse' }, { id: 'quit', label: 'Quit' }] });
  const fresh = await panel.rows();
  expect(find(fresh, 'Quit').number).toBe(find(old, 'Quit').number);
  expect(await panel.menu('EventGroup', 'a(isvu)', [[click(find(old, 'Pause'))]])).toEqual([find(old, 'Pause').number]);
  await panel.menu('EventGroup', 'a(isvu)', [[click(find(fresh, 'Refuse'))]]);
  await panel.menu('Event', 'isvu', [find(fresh, 'Quit').number, 'hovered', ['s', ''], 0]);
  expect(said).toEqual([{ click: 'dashboard' }, { click: 'pause_app ab' }, { click: 'refuse 1' }]);
  await expect(panel.menu('GetLayout', 'iias', [find(old, 'Pause').number, -1, []])).rejects.toThrow('no item');
});

test('a panel that comes later, or was started anew, is shown it, too', async () => {
  const desktop = await desktopOfTest();
  await faceOn(desktop);
  const first = await startPanel(desktop);
  await vi.waitFor(() => expect(first.items).toHaveLength(1), wait);
  await first.end();
  const second = await startPanel(desktop);
  await vi.waitFor(() => expect(second.items).toHaveLength(1), wait);
  expect(await second.item()).toMatchObject({ Id: 'sallyport' });
});

test('a notice is replaced in place, escaped, clicked, and taken away', async () => {
  const desktop = await desktopOfTest();
  const server = await startNotifications(desktop);
  const { tell, said, close } = await faceOn(desktop);
  const title = 'Look at your device';
  const hostile = '<a href="http://x.example">Coracle</a> & more';
  tell({ setNotice: { title, body: hostile, action: { id: 'refuse 1', label: 'Refuse' } } });
  await vi.waitFor(() => expect(server.shown).toHaveLength(1), wait);
  expect(server.shown[0]).toMatchObject({
    body: '&lt;a href="http://x.example"&gt;Coracle&lt;/a&gt; &amp; more',
    actions: ['default', 'Open dashboard', 'refuse 1', 'Refuse'],
  });
  server.press(1, 'refuse 2');
  server.press(2, 'refuse 1');
  server.press(1, 'refuse 1');
  server.press(1, 'default');
  await vi.waitFor(() => expect(said).toEqual([{ click: 'refuse 1' }, { click: 'dashboard' }]), wait);
  tell({ setNotice: { title, body: 'two', action: null } });
  await vi.waitFor(() => expect(server.shown).toHaveLength(2), wait);
  expect(server.shown[1]).toMatchObject({ number: 1, replaces: 1, actions: ['default', 'Open dashboard'] });
  tell({ setNotice: null });
  await vi.waitFor(() => expect(server.closed).toEqual([1]), wait);
  tell({ setNotice: { title, body: 'another burst', action: null } });
  await vi.waitFor(() => expect(server.shown).toHaveLength(3), wait);
  expect(server.shown[2]).toMatchObject({ number: 2, replaces: 0 });
  await close();
  expect(server.closed).toEqual([1, 2]);
});

test('many notices at once become the last of them, and one that the user closed is said', async () => {
  const desktop = await desktopOfTest();
  const server = await startNotifications(desktop, ['body']);
  const { tell, said } = await faceOn(desktop);
  for (let i = 0; i < 100; i++) tell({ setNotice: { title: 'Look', body: `<${i}>`, action: null } });
  // This server reads no markup: what is escaped would be shown so.
  await vi.waitFor(() => expect(server.shown.at(-1)?.body).toBe('<99>'), wait);
  expect(server.shown.length).toBeLessThanOrEqual(2);
  server.dismiss(1);
  await vi.waitFor(() => expect(said).toEqual([{ noticeClosed: true }]), wait);
});

test('without a server of notifications that is noted once, and the icon goes on', async () => {
  const desktop = await desktopOfTest();
  const panel = await startPanel(desktop);
  const { tell, said } = await faceOn(desktop);
  tell({ setNotice: { title: 'Look', body: 'one', action: null } });
  await vi.waitFor(() => expect(said).toHaveLength(1), wait);
  tell({ say: { title: 'Sallyport', body: 'It said no.' } });
  tell({ setNotice: { title: 'Look', body: 'two', action: null } });
  tell({ setState: { look: 'waiting', words: 'Look', waiting: 1 } });
  await vi.waitFor(async () => expect(await panel.item()).toMatchObject({ Status: 'NeedsAttention' }), wait);
  expect(said).toEqual([{ note: expect.stringContaining('No notifications can be shown') }]);
});

test('where no panel shows icons that is said once, and notices go on', async () => {
  const desktop = await desktopOfTest();
  const server = await startNotifications(desktop);
  const { tell, said } = await faceOn(desktop, 'test', 1);
  await vi.waitFor(() => expect(said).toEqual([{ note: expect.stringContaining('No panel here shows icons') }]), wait);
  tell({ setNotice: { title: 'Look', body: 'one', action: null } });
  await vi.waitFor(() => expect(server.shown).toHaveLength(1), wait);
  expect(said).toHaveLength(1);
});

test('one icon for a host: a second one is not opened', async () => {
  const desktop = await desktopOfTest();
  await faceOn(desktop, 'one');
  await faceOn(desktop, 'other');
  const said: FromFace[] = [];
  const events = { said: (line: FromFace) => said.push(line), ended: () => undefined };
  expect(await openLinuxFace(desktop.address, 'one', events)).toBeNull();
  expect(said).toEqual([{ note: 'The icon is there already.' }]);
});

test('it ends with the session of the desktop, once', async () => {
  const desktop = await startDesktop();
  const { ended } = await faceOn(desktop);
  await desktop.close();
  await vi.waitFor(() => expect(ended).toHaveLength(1), wait);
});
