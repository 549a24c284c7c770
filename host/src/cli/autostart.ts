/**
 * The icon in the panel from each login on: an autostart entry (XDG), a launchd agent, or a Windows task. Like the service it is a file
 * that is written and commands that are printed.
 */
import { join } from 'node:path';
import { agent, type Service, task, type Wanted } from './service.ts';

/** `configHome`: where the desktop looks for its settings, on systems that have XDG's. */
export function autostartFor(platform: NodeJS.Platform, wanted: Wanted, configHome: string): Service {
  const { node, program, args, state } = wanted;
  if (platform === 'darwin') return agent(wanted, 'sallyport-tray');
  if (platform === 'win32') return task(wanted, 'Sallyport tray', 'sallyport-tray.xml');
  const text = `[Desktop Entry]
Type=Application
Name=Sallyport
Comment=Shows how your signer is, and when it waits for you
Exec=${[node, ...program, ...args].map(execQuoted).join(' ')}
Path=${state}
Terminal=false
StartupNotify=false
`;
  return {
    path: join(configHome, 'autostart', 'sallyport-tray.desktop'),
    text,
    start: ['sallyport tray &'],
    stop: [],
  };
}

/** A word of Exec: quoted, then escaped as any value is, with its percent signs doubled (Desktop Entry Specification). */
function execQuoted(word: string): string {
  const quoted = /^[\w@/.,:+=-]+$/.test(word) ? word : `"${word.replace(/["`$\\]/g, '\\$&')}"`;
  return quoted.replaceAll('\\', '\\\\').replaceAll('%', '%%');
}
