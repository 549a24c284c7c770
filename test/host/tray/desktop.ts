/** A desktop in this process: the bus of a session, a panel that shows icons, and a server of notifications. */
import { createBroker, createClient, defineInterface, type MessageBus, toPlain } from 'dbus-native';

export type Desktop = {
  readonly address: string;
  /** A client of the bus, closed with it. */
  readonly join: () => MessageBus;
  readonly close: () => Promise<void>;
};

export async function startDesktop(): Promise<Desktop> {
  const broker = createBroker();
  const address = await new Promise<string>((settle) => broker.listen((_, said) => settle(said)));
  const joined: MessageBus[] = [];
  return {
    address,
    join: () => {
      const bus = createClient({ busAddress: address });
      joined.push(bus);
      return bus;
    },
    close: async () => {
      for (const bus of joined) await bus.close();
      await new Promise<void>((settle) => broker.close(() => settle()));
    },
  };
}

/** One row of a menu, as a panel reads it. */
export type Row = {
  readonly number: number;
  readonly label: string;
  readonly enabled: boolean;
  readonly rows: readonly Row[];
};

/** A panel; `end` is its crash, or its restart with another one. */
export async function startPanel(desktop: Desktop) {
  const bus = desktop.join();
  const items: string[] = [];
  const watcher = defineInterface({
    name: 'org.kde.StatusNotifierWatcher',
    methods: {
      RegisterStatusNotifierItem: {
        in: { name: 's' },
        handler: ({ name }) => {
          items.push(name);
          return null;
        },
      },
    },
    properties: { IsStatusNotifierHostRegistered: { type: 'b', access: 'read', value: true } },
  });
  await bus.export('/StatusNotifierWatcher', watcher);
  await bus.ownName('org.kde.StatusNotifierWatcher');
  const signals: string[] = [];
  bus.connection.on('message', ({ member, path }) => {
    if (path === '/StatusNotifierItem' || path === '/MenuBar') signals.push(member ?? '');
  });
  await bus.watch("type='signal',path='/StatusNotifierItem'");
  await bus.watch("type='signal',path='/MenuBar'");
  const call = (path: string, name: string, member: string, signature: string, body: unknown[]) =>
    bus.invoke<unknown>({ destination: items.at(-1) ?? '', path, interface: name, member, signature, body });
  const properties = 'org.freedesktop.DBus.Properties';
  const menu = (member: string, signature: string, body: unknown[]) =>
    call('/MenuBar', 'com.canonical.dbusmenu', member, signature, body);
  return {
    items,
    signals,
    /** Everything that the item says of itself. */
    item: async () =>
      toPlain<Record<string, unknown>>(
        await call('/StatusNotifierItem', properties, 'GetAll', 's', ['org.kde.StatusNotifierItem']),
      ),
    click: () => call('/StatusNotifierItem', 'org.kde.StatusNotifierItem', 'Activate', 'ii', [0, 0]),
    menu,
    rows: async (): Promise<readonly Row[]> => {
      const [, layout] = (await menu('GetLayout', 'iias', [0, -1, []])) as [number, unknown];
      return rowOf(toPlain(layout)).rows;
    },
    end: () => bus.close(),
  };
}

function rowOf(layout: unknown): Row {
  const [number, { label = '', enabled = true }, below] = layout as [
    number,
    { readonly label?: string; readonly enabled?: boolean },
    readonly unknown[],
  ];
  return { number, label, enabled, rows: below.map(rowOf) };
}

/** What was asked of the server of notifications. */
export type Shown = {
  readonly number: number;
  readonly replaces: number;
  readonly title: string;
  readonly body: string;
  readonly actions: readonly string[];
};

/** A server of notifications, which reads markup as most do. */
export async function startNotifications(desktop: Desktop, capabilities: readonly string[] = ['body', 'body-markup']) {
  const bus = desktop.join();
  const shown: Shown[] = [];
  const closed: number[] = [];
  let last = 0;
  const args = { app: 's', replaces: 'u', icon: 's', title: 's', body: 's', actions: 'as', hints: 'a{sv}', ms: 'i' };
  const server = defineInterface({
    name: 'org.freedesktop.Notifications',
    methods: {
      GetCapabilities: { out: { capabilities: 'as' }, handler: () => capabilities },
      Notify: {
        in: args,
        out: { number: 'u' },
        handler: ({ replaces, title, body, actions }) => {
          const number = replaces === 0 ? ++last : replaces;
          shown.push({ number, replaces, title, body, actions });
          return number;
        },
      },
      CloseNotification: {
        in: { number: 'u' },
        handler: ({ number }) => {
          closed.push(number);
          server.emit['NotificationClosed']?.(number, 3);
          return null;
        },
      },
    },
    signals: {
      NotificationClosed: { args: { number: 'u', reason: 'u' } },
      ActionInvoked: { args: { number: 'u', action: 's' } },
    },
  });
  await bus.export('/org/freedesktop/Notifications', server);
  await bus.ownName('org.freedesktop.Notifications');
  return {
    shown,
    closed,
    press: (number: number, action: string) => server.emit['ActionInvoked']?.(number, action),
    dismiss: (number: number) => server.emit['NotificationClosed']?.(number, 2),
  };
}
