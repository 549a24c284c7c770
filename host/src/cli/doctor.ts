/** What may be wrong with this computer or its host, looked at one by one; each with what to do about it. */
import type { z } from 'zod';
import type { ControlClient } from '../control/client.ts';
import type * as s from '../control/schemas.ts';
import type { Machine } from './machine.ts';
import { runtimeIn } from './service.ts';

export type Finding = { readonly about: string; readonly ok: boolean; readonly words: string };

/** Beyond this, apps and relays refuse what was signed or asked. */
const skewMaxMs = 60_000;

/** The files by which the system starts the host as a service, and the icon in the panel. */
export type Started = { readonly service: string; readonly tray: string };

/** Looks. Nothing is changed. */
export async function examine(
  state: string,
  client: ControlClient,
  { service, tray }: Started,
  machine: Machine,
): Promise<readonly Finding[]> {
  const local = [
    runtimeOf(machine),
    stateOf(state, machine),
    serviceOf(service, machine),
    trayOf(tray, machine),
    modemManager(machine),
    ...portsOf(machine),
  ];
  const status = await client.call('GET /v0/status');
  if (status.type !== 'answer') {
    // Where there is no service, nothing is wrong with a host that nobody started.
    const ok = status.type === 'absent' && machine.read(service) === null;
    return [...local, { about: 'host', ok, words: `${status.words} ${status.advice}` }];
  }
  return [...local, ...hostOf(status.answer), ...(await relaysOf(status.answer, machine))];
}

function runtimeOf({ runtime }: Machine): Finding {
  return { about: 'runtime', ok: true, words: `Node ${runtime.version} at ${runtime.path}.` };
}

function stateOf(state: string, machine: Machine): Finding {
  if (!machine.exists(state))
    return { about: 'state', ok: true, words: `${state} is not there yet; it is made at the first start.` };
  const others = machine.othersMay(state);
  return {
    about: 'state',
    ok: others === null,
    words: others === null ? `${state} is private.` : `${others} Run: chmod 700 '${state}'`,
  };
}

function serviceOf(path: string, machine: Machine): Finding {
  const none = 'No service is installed: the host runs when you start it.';
  const again = 'Run: sallyport service install, with the options that it had';
  return { about: 'service', ...startsStill(path, none, again, machine) };
}

function trayOf(path: string, machine: Machine): Finding {
  const none = 'No icon in the panel at login; to have one: sallyport tray install';
  return { about: 'tray', ...startsStill(path, none, 'Run: sallyport tray install', machine) };
}

/** Such a file names the runtime that ran when it was written: an update that moved it leaves one that cannot start. */
function startsStill(path: string, none: string, again: string, machine: Machine): Omit<Finding, 'about'> {
  const text = machine.read(path);
  if (text === null) return { ok: true, words: none };
  const runtime = runtimeIn(text);
  if (runtime !== null && machine.exists(runtime)) return { ok: true, words: `${path} is installed.` };
  const why = runtime === null ? 'names no runtime' : `starts ${runtime}, which is not there`;
  return { ok: false, words: `${path} ${why}. ${again}` };
}

/** It sends AT commands to whatever looks like a modem, in the first seconds of a port. */
function modemManager(machine: Machine): Finding {
  const runs = machine.programs().includes('ModemManager');
  const advice =
    'ModemManager runs, and may speak to the device first. "sallyport udev" prints the rule that keeps it away.';
  return { about: 'modem_manager', ok: !runs, words: runs ? advice : 'ModemManager is not in the way.' };
}

function portsOf(machine: Machine): readonly Finding[] {
  return machine.ports().map(({ path, mayOpen }) => ({
    about: 'port',
    ok: mayOpen,
    words: mayOpen
      ? `${path} can be opened.`
      : `${path} may not be opened by you. "sallyport udev" prints a rule for it.`,
  }));
}

function hostOf({ killedAt, device, dashboard }: z.output<typeof s.status>): readonly Finding[] {
  const there = device.model !== null;
  return [
    {
      about: 'host',
      ok: killedAt === null,
      words: killedAt === null ? 'It runs.' : 'The kill switch is on. Run: sallyport resume',
    },
    { about: 'dashboard', ok: dashboard !== 'unbuilt', words: dashboardWords[dashboard] },
    {
      about: 'device',
      ok: there,
      words: there ? `${device.model} is there.` : (device.port ?? 'No device answers on its port.'),
    },
  ];
}

const dashboardWords = {
  open: 'It is served: sallyport dashboard opens it.',
  off: 'It was turned off (--dashboard off).',
  unbuilt: 'Its page was not built. In the repository: npm run pages, and start the host again.',
} as const;

/** Whether each relay delivers, and how far its clock is from ours. */
async function relaysOf({ relays }: z.output<typeof s.status>, machine: Machine): Promise<readonly Finding[]> {
  const found = relays.map(async ({ url, state, reason }): Promise<readonly Finding[]> => {
    const listens = { about: 'relay', ok: state === 'listening', words: `${url}: ${state}. ${reason ?? ''}`.trim() };
    // The clock of this machine is not compared with itself.
    if (/^wss?:\/\/(127\.|localhost|\[::1\])/.test(url)) return [listens];
    const time = await machine.clockOf(url);
    if (time === null) return [listens];
    const off = Math.abs(time - machine.now());
    const ok = off <= skewMaxMs;
    const words = `Our clock and that of ${url} are ${Math.round(off / 1000)} s apart.${ok ? '' : ' Set the clock.'}`;
    return [listens, { about: 'clock', ok, words }];
  });
  return (await Promise.all(found)).flat();
}
