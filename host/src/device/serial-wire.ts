/**
 * The wire over a serial port, by the real `serialport`. The port is the one that the user named, or the one whose USB identity
 * matches: no byte is ever written to any other, because it may belong to a modem, a printer or a UPS.
 */
import { SerialPort } from 'serialport';
import { type Dial, type Pipe, type PipeEvents, redial } from './redial.ts';
import { dialPort, type PortClass, type PortInfo, type PortSettings } from './serial-port.ts';
import { type After, afterRealTime, type Wire, type WireEvents } from './wire.ts';

/** A USB identity: four hex digits each, and the serial number where several of the same kind are plugged in. */
export type UsbIdentity = { readonly vendorId: string; readonly productId: string; readonly serialNumber?: string };

/** Which port. A path may be a symlink (udev's, or the simulator's): it is followed anew at every attempt. */
export type SerialTarget = PortSettings & ({ readonly path: string } | { readonly usb: UsbIdentity });

/** What tests replace. */
export type SerialDeps = { readonly PortClass?: PortClass; readonly after?: After };

/** A hot-plugged wire to the device on that port. */
export function serialWire(target: SerialTarget, events: WireEvents, deps: SerialDeps = {}): Wire {
  const PortClass = deps.PortClass ?? SerialPort;
  const after = deps.after ?? afterRealTime;
  const open = (path: string, pipeEvents: PipeEvents): Pipe => dialPort(PortClass, path, target, pipeEvents, after);
  const dial: Dial =
    'path' in target ? (pipeEvents) => open(target.path, pipeEvents) : dialUsb(PortClass, target.usb, open);
  return redial(dial, events, { again: true, after });
}

/** Looks the port up by its USB identity, then opens it. */
function dialUsb(PortClass: PortClass, usb: UsbIdentity, open: (path: string, events: PipeEvents) => Pipe): Dial {
  return (events) => {
    let port: Pipe | null = null;
    let over = false;
    const looked = findPort(PortClass, usb).then((found) => {
      if (over) return;
      if ('trouble' in found) events.failed(found.trouble);
      else port = open(found.path, events);
    });
    return {
      write: (piece, done) => port?.write(piece, done),
      async close() {
        over = true;
        await looked;
        await port?.close();
      },
    };
  };
}

async function findPort(PortClass: PortClass, usb: UsbIdentity): Promise<{ path: string } | { trouble: string }> {
  const name = `${usb.vendorId}:${usb.productId}${usb.serialNumber === undefined ? '' : ` (${usb.serialNumber})`}`;
  let ports: readonly PortInfo[];
  try {
    ports = await PortClass.list();
  } catch (error) {
    // On Linux the list comes from udevadm, which containers and small systems lack (ENOENT).
    const why = error instanceof Error ? error.message : String(error);
    return { trouble: `The ports of this computer cannot be listed (${why}). Name the port of the device.` };
  }
  const [first, second] = ports.filter((port) => matches(port, usb));
  if (first === undefined) return { trouble: `No device with the USB identity ${name} is plugged in.` };
  if (second === undefined) return { path: first.path };
  return { trouble: `Several devices have the USB identity ${name}. Give the serial number, or name the port.` };
}

function matches(port: PortInfo, usb: UsbIdentity): boolean {
  return (
    port.vendorId?.toLowerCase() === usb.vendorId.toLowerCase() &&
    port.productId?.toLowerCase() === usb.productId.toLowerCase() &&
    (usb.serialNumber === undefined || port.serialNumber === usb.serialNumber)
  );
}
