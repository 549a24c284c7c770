/** Opens an address in the user's browser, by the program that the system has for it. */
import { spawn } from 'node:child_process';

/** It hands the address on at once; one that takes longer is the browser itself, and stays. */
const startedMs = 2_000;

/** Whether a browser was there to be opened. The address is an argument of its own, and read by no shell. */
export function openAddress(url: string): Promise<boolean> {
  const [program, args] = opener();
  return new Promise((settle) => {
    const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
    const patience = setTimeout(() => settle(true), startedMs);
    const end = (opened: boolean): void => {
      clearTimeout(patience);
      settle(opened);
    };
    child.once('error', () => end(false));
    child.once('exit', (code) => end(code === 0));
    child.unref();
  });
}

function opener(): readonly [string, readonly string[]] {
  switch (process.platform) {
    case 'darwin':
      return ['open', []];
    case 'win32':
      return ['rundll32', ['url.dll,FileProtocolHandler']];
    default:
      return ['xdg-open', []];
  }
}
