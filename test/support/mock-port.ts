/** serialport's mock with a memory: which ports were made, and every call to the control lines. */
import { SerialPortMock } from 'serialport';

/**
 * Where mock ports are plugged in: the very object that SerialPortMock opens. An import of `@serialport/binding-mock` would
 * bring a second copy with other ports (and no types under NodeNext).
 */
export const mockBinding = SerialPortMock.binding;

/** The device end of an open mock port. */
export type MockEnd = NonNullable<SerialPortMock['port']>;

/** A SerialPortMock class of its own. `deviceEnd` is the far side of the port made last. */
export function spyingMock() {
  const ports: SerialPortMock[] = [];
  const lineCalls: unknown[] = [];
  class SpyingMock extends SerialPortMock {
    constructor(options: { path: string; baudRate: number; autoOpen: false; hupcl: false }) {
      super(options);
      ports.push(this);
    }
    override set(...args: Parameters<SerialPortMock['set']>): void {
      lineCalls.push(args[0]);
      super.set(...args);
    }
  }
  const deviceEnd = (): MockEnd => {
    const end = ports.at(-1)?.port;
    if (end === undefined) throw new Error('no mock port is open');
    return end;
  };
  return { PortClass: SpyingMock, ports, lineCalls, deviceEnd };
}
