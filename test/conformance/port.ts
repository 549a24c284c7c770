/** The bench over a real port: bytes by `serialport`, time by the clock, keys by a human who is asked on the terminal. */
import { performance } from 'node:perf_hooks';
import { SerialPort } from 'serialport';
import type { Bench } from './bench.ts';

export type OpenPort = { readonly bench: Omit<Bench, 'press' | 'compare'>; readonly close: () => Promise<void> };

/** Opens the port; rejects with the system's words when it cannot be had. It never touches DTR and RTS. */
export async function openPort(path: string): Promise<OpenPort> {
  const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false, hupcl: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error === null ? resolve() : reject(error))));
  let hear: (bytes: Uint8Array) => void = () => undefined;
  let looks: (() => void)[] = [];
  let over = false;
  const look = (): void => {
    for (const one of looks) one();
  };
  port.on('data', (chunk: Uint8Array) => {
    hear(Uint8Array.from(chunk));
    look();
  });
  port.on('close', () => {
    over = true;
    look();
  });
  return {
    bench: {
      now: () => performance.now(),
      write: (bytes) => void port.write(bytes),
      listen: (listener) => {
        hear = listener;
      },
      until: (holds, ms) =>
        new Promise((resolve, reject) => {
          const settle = (): void => {
            if (over) reject(new Error('the port vanished'));
            else if (holds()) resolve(true);
            else return;
            done();
          };
          const timer = setTimeout(() => {
            resolve(holds());
            done();
          }, ms);
          const done = (): void => {
            clearTimeout(timer);
            looks = looks.filter((one) => one !== settle);
          };
          looks.push(settle);
          settle();
        }),
    },
    close: () => new Promise((resolve) => port.close(() => resolve())),
  };
}
