/** What may be wrong with this computer or its host, looked at one by one; each with what to do about it. */
import type { z } from 'zod';
import type { ControlClient } from '../control/client.ts';
import type * as s from '../control/schemas.ts';
import type { Machine } from './machine.ts';
import { runtimeIn } from './service.ts';

export type Finding = { readonly about: string; readonly ok: boolean; readonly words: string };

/** Beyond this, apps and relays refuse what was signed or asked. */
const skewMaxMs = 60_000;

/** Looks. Nothing is changed. `service` is the file of the service of this user. */
export async function examine(
  state: string,
  client: ControlClient,
  service: string,
  machine: Machine,
): Promise<readonly Finding[]> {
  const local = [
    runtimeOf(machine),
    stateOf(state, machine),
    serviceOf(service, machine),
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

/** A service names the runtime that ran when it was installed: an update that moved it leaves a service that cannot start. */
function serviceOf(path: string, machine: Machine): Finding {
  const about = 'service';
  const text = machine.read(path);
  if (text === null) return { about, ok: true, words: 'No service is installed: the host runs when you start it.' };
  const runtime = runtimeIn(text);
  if (runtime !== null && machine.exists(runtime)) return { about, ok: true, words: `${path} is installed.` };
  const why = runtime === null ? 'names no runtime' : `starts ${runtime}, which is not there`;
  return { about, ok: false, words: `${path} ${why}. Run: sallyport service install, with the options that it had` };
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

function hostOf({ killedAt, device }: z.output<typeof s.status>): readonly Finding[] {
  const there = device.model !== null;
  return [
    {
      about: 'host',
      ok: killedAt === null,
      words: killedAt === null ? 'It runs.' : 'The kill switch is on. Run: sallyport resume',
    },
    {
      about: 'device',
      ok: there,
      words: there ? `${device.model} is there.` : (device.port ?? 'No device answers on its port.'),
    },
  ];
}

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
