/** What a tray sees of a host in tests: all is well unless something else is said. */
import type { MenuItem } from '../../../host/src/core/tray/menu.ts';
import type { HostSeen, RequestSeen, StatusSeen } from '../../../host/src/core/tray/seen.ts';

export function hostSeen({
  requests = [],
  apps = [],
  ...parts
}: Partial<StatusSeen & Omit<HostSeen, 'status'>>): HostSeen {
  const status: StatusSeen = {
    killedAt: null,
    pause: null,
    device: { state: 'unlocked', channel: 'paired', pairing: null },
    relays: [{ state: 'listening' }],
    web: null,
    ...parts,
  };
  return { status, requests, apps };
}

export function requestSeen(number: number, app = 'Coracle'): RequestSeen {
  return { number, app, asks: 'sign a note' };
}

export function labelsOf(items: readonly MenuItem[]): readonly string[] {
  return items.flatMap(({ label, items: below }) => [
    ...(label === undefined ? [] : [label]),
    ...labelsOf(below ?? []),
  ]);
}
