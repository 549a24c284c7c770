/** Signals of one sender on the bus, as values. */
import { type MessageBus, messageType } from 'dbus-native';

export type Signal = { readonly member: string; readonly body: readonly unknown[] };

export type From = {
  readonly sender: string;
  readonly interface: string;
  readonly path: string;
  /** Only those whose first argument is this. */
  readonly about?: string;
};

/** Resolves when the bus knows that they are wanted. */
export async function watchSignals(bus: MessageBus, from: From, hear: (signal: Signal) => void): Promise<void> {
  const { sender, interface: name, path, about } = from;
  bus.connection.on('message', ({ type, interface: of, path: at, member = '', body = [] }) => {
    if (type !== messageType.signal || of !== name || at !== path) return;
    if (about === undefined || body[0] === about) hear({ member, body });
  });
  const only = about === undefined ? '' : `,arg0='${about}'`;
  await bus.watch(`type='signal',sender='${sender}',interface='${name}',path='${path}'${only}`);
}
