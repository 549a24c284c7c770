/** What the operating system says about a process, where it says so in /proc: its processor time, its memory, its children. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: 100 on every Linux that Node runs on, whatever the kernel's own tick. */
const ticksPerSecond = 100;

/** Processor time of a process so far, user and system, in ms; NaN where there is no /proc. */
export function processorMs(pid: number | null): number {
  const fields = pid === null ? null : statOf(pid);
  const [user, system] = [Number(fields?.[11]), Number(fields?.[12])];
  return ((user + system) * 1000) / ticksPerSecond;
}

/** Resident memory in MB; NaN where there is no /proc. */
export function residentMb(pid: number | null): number {
  return statusMb(pid, 'VmRSS');
}

/** What of it is of no file that others share: heaps and stacks. */
export function ownMb(pid: number | null): number {
  return statusMb(pid, 'RssAnon');
}

/** The processes that this one started; none where there is no /proc. */
export function childrenOf(pid: number): readonly number[] {
  const entries = read('/proc/self/stat') === null ? [] : readdirSync('/proc');
  return entries.filter((entry) => /^\d+$/.test(entry) && statOf(Number(entry))?.[1] === String(pid)).map(Number);
}

function statusMb(pid: number | null, field: string): number {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return (Number(kib) * 1024) / 1e6;
}

/** The fields after the program's name, which may itself hold spaces and brackets: state, parent, … */
function statOf(pid: number): readonly string[] | null {
  const text = read(`/proc/${pid}/stat`);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // the process has ended, or this system has no /proc
  }
}
