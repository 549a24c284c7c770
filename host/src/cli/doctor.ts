/** What may be wrong with this computer or its host, looked at one by one; each with what to do about it. */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ControlClient } from '../control/client.ts';
import { othersMay } from '../store/private-files.ts';

export type Finding = { readonly about: string; readonly ok: boolean; readonly words: string };

/** Beyond this, apps and relays refuse what was signed or asked. */
const skewMaxMs = 60_000;
const reachMs = 4_000;

/** Looks. Nothing is changed. */
export async function examine(state: string, client: ControlClient, service: string): Promise<readonly Finding[]> {
  const status = await client.call('GET /v0/status');
  const findings: Finding[] = [runtime(), stateOf(state), serviceOf(service), modemManager(), ...ports()];
  if (status.type !== 'answer')
    return [...findings, { about: 'host', ok: false, words: `${status.words} ${status.advice}` }];
  const { device, relays, killedAt } = status.answer;
  findings.push({
    about: 'host',
    ok: killedAt === null,
    words: killedAt === null ? 'It runs.' : 'The kill switch is on. Run: sallyport resume',
  });
  const there = device.model !== null;
  findings.push({
    about: 'device',
    ok: there,
    words: there ? `${device.model} is there.` : (device.port ?? 'No device answers on its port.'),
  });
  const reached = await Promise.all(relays.map(({ url, state: now }) => relayOf(url, now)));
  return [...findings, ...reached.flat()];
}

function runtime(): Finding {
  return { about: 'runtime', ok: true, words: `Node ${process.versions.node} at ${process.execPath}.` };
}

function stateOf(state: string): Finding {
  if (!existsSync(state))
    return { about: 'state', ok: true, words: `${state} is not there yet; it is made at the first start.` };
  const others = othersMay(state);
  return {
    about: 'state',
    ok: others === null,
    words: others === null ? `${state} is private.` : `${others} Run: chmod 700 '${state}'`,
  };
}

function serviceOf(path: string): Finding {
  const words = existsSync(path)
    ? `${path} is installed.`
    : 'No service is installed: the host runs when you start it.';
  return { about: 'service', ok: true, words };
}

/** It sends AT commands to whatever looks like a modem, in the first seconds of a port. */
function modemManager(): Finding {
  const runs = process.platform === 'linux' && commandNames().includes('ModemManager');
  const advice =
    'ModemManager runs, and may speak to the device first. "sallyport udev" prints the rule that keeps it away.';
  return { about: 'modem_manager', ok: !runs, words: runs ? advice : 'ModemManager is not in the way.' };
}

function commandNames(): readonly string[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  } catch {
    return []; // A process that ended while it was looked at, or a system without /proc.
  }
}

function ports(): readonly Finding[] {
  if (process.platform !== 'linux') return [];
  const names = readdirSync('/dev').filter((name) => /^tty(ACM|USB)\d+$/.test(name));
  return names.map((name) => {
    const path = `/dev/${name}`;
    try {
      accessSync(path, constants.R_OK | constants.W_OK);
      return { about: 'port', ok: true, words: `${path} can be opened.` };
    } catch {
      return {
        about: 'port',
        ok: false,
        words: `${path} may not be opened by you. "sallyport udev" prints a rule for it.`,
      };
    }
  });
}

/** Whether a relay delivers, and how far its clock is from ours. */
async function relayOf(url: string, state: string): Promise<readonly Finding[]> {
  const listens = { about: 'relay', ok: state === 'listening', words: `${url}: ${state}.` };
  if (/^wss?:\/\/(127\.|localhost|\[::1\])/.test(url)) return [listens];
  const date = await fetch(url.replace(/^ws/, 'http'), { method: 'HEAD', signal: AbortSignal.timeout(reachMs) })
    .then((response) => Date.parse(response.headers.get('date') ?? ''))
    .catch(() => Number.NaN);
  if (Number.isNaN(date)) return [listens];
  const off = Math.abs(date - Date.now());
  const words = `Our clock and that of ${url} are ${Math.round(off / 1000)} s apart.${off > skewMaxMs ? ' Set the clock.' : ''}`;
  return [listens, { about: 'clock', ok: off <= skewMaxMs, words }];
}
