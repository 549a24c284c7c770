/**
 * The face on Linux: an icon in whatever panel shows such icons, its menu, and notifications, all over the bus of the session. It is
 * shown again by a panel that was started anew, and where no panel shows icons it says so, and notifications go on.
 */
import { createClient, type MessageBus } from 'dbus-native';
import { glanceAt } from '../../core/tray/glance.ts';
import type { Face, FaceEvents, ToFace } from '../contract.ts';
import { newDbusMenu } from './dbus-menu.ts';
import { itemPath, menuPath, newItem } from './item.ts';
import { openNotices } from './notices.ts';
import { watchSignals } from './signals.ts';

const watcher = 'org.kde.StatusNotifierWatcher';
const watcherPath = '/StatusNotifierWatcher';
const bus_ = 'org.freedesktop.DBus';
/** The panel may come after us when somebody logs in. */
const panelMs = 15_000;
/** RequestName: not in a queue behind another one. */
const doNotQueue = 4;

/** `name`: which one of several hosts this is the icon of; a second icon of the same is not opened (null). */
export async function openLinuxFace(
  address: string,
  name: string,
  events: FaceEvents,
  patienceMs = panelMs,
): Promise<Face | null> {
  const bus = createClient({ busAddress: address });
  let isOver = false;
  const over = (why: string): null => {
    if (!isOver) events.ended(why);
    isOver = true;
    return null;
  };
  const broken = new Promise<null>((settle) => {
    bus.connection.on('error', (problem: Error) => settle(over(`The session's bus: ${problem.message}`)));
    bus.connection.on('close', () => settle(over('The session of the desktop ended.')));
  });
  const opened = open(bus, name, events, patienceMs).catch((problem: unknown) => {
    return over(`The session's bus: ${problem instanceof Error ? problem.message : problem}`);
  });
  const face = await Promise.race([opened, broken]);
  const close = async (): Promise<void> => {
    isOver = true;
    await face?.close();
    await bus.close();
  };
  if (face !== null) return { tell: face.tell, close };
  await close();
  return null;
}

async function open(bus: MessageBus, name: string, { said }: FaceEvents, patienceMs: number): Promise<Face | null> {
  const own = await bus.ownName(`app.sallyport.Tray.${name}`, doNotQueue);
  if (!own.isPrimaryOwner) {
    said({ note: 'The icon is there already.' });
    return null;
  }
  const item = newItem(glanceAt(null, 0, 0), () => {
    said({ click: 'dashboard' });
    return null;
  });
  const menu = newDbusMenu((id) => said({ click: id }));
  await bus.export(itemPath, item.definition);
  await bus.export(menuPath, menu.definition);
  const notices = await openNotices(bus, said);
  const panel = await registerWithPanels(bus, own.name, patienceMs, (note) => said({ note }));
  return {
    tell: (line: ToFace) => {
      if ('setState' in line) item.set(line.setState);
      else if ('setMenu' in line) menu.set(line.setMenu);
      else if ('setNotice' in line) notices.set(line.setNotice);
      else notices.say(line.say.title, line.say.body);
    },
    close: async () => {
      panel.close();
      await notices.close();
    },
  };
}

/** Registers with the panel that is there, and with each that comes. */
async function registerWithPanels(bus: MessageBus, name: string, patienceMs: number, note: (words: string) => void) {
  let isShown = false;
  const patience = setTimeout(() => {
    if (isShown) return;
    note(
      'No panel here shows icons, so there are notifications only. GNOME needs the extension AppIndicator. Everything works without: sallyport dashboard, sallyport status.',
    );
  }, patienceMs);
  const register = async (): Promise<void> => {
    const to = { destination: watcher, path: watcherPath };
    try {
      await bus.invoke({
        ...to,
        interface: watcher,
        member: 'RegisterStatusNotifierItem',
        signature: 's',
        body: [name],
      });
      isShown = true;
    } catch {
      isShown = false; // None is there (yet): it is heard of when one comes.
    }
  };
  const from = { sender: bus_, interface: bus_, path: '/org/freedesktop/DBus', about: watcher };
  await watchSignals(bus, from, ({ member, body: [, , owner] }) => {
    if (member === 'NameOwnerChanged' && owner !== '') void register();
  });
  await register();
  return { close: () => clearTimeout(patience) };
}
