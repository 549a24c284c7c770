/** The face of the system that this runs on. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { OpenFace } from './contract.ts';
import { interpreterFor, openScriptFace } from './script-face.ts';

/** `state`: the directory of the host that is shown; each has an icon of its own. */
export function faceFor(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, state: string): OpenFace {
  const interpreter = interpreterFor(platform);
  if (interpreter !== null) return (events) => openScriptFace(interpreter, events);
  return async (events) => {
    const address = busAddress(env);
    if (address === null) {
      events.said({ note: 'There is no desktop here to show an icon on: no bus of a session.' });
      return null;
    }
    const { openLinuxFace } = await import('./linux/linux-face.ts');
    return openLinuxFace(address, nameOf(state), events);
  };
}

/** Where the bus of the session is: said by the environment, or at its usual place. */
function busAddress({ DBUS_SESSION_BUS_ADDRESS: said, XDG_RUNTIME_DIR: dir }: NodeJS.ProcessEnv): string | null {
  if (said !== undefined && said !== '') return said;
  if (dir === undefined || dir === '') return null;
  const path = join(dir, 'bus');
  return existsSync(path) ? `unix:path=${path}` : null;
}

/** An element of a name on the bus begins with a letter. */
function nameOf(state: string): string {
  return `s${createHash('sha256').update(resolve(state)).digest('hex').slice(0, 12)}`;
}
