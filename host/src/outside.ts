/**
 * The host seen from outside: the activity log, the structured log, metrics and the control API, fed by what the host reports. None of
 * it decides anything, and a log that cannot be written stops nobody from signing; it is said.
 */
import { serveControl } from './control/server.ts';
import type { HostView } from './control/view.ts';
import type { NoteEffect } from './core/bridge/bridge.ts';
import type { DeviceStatus, PairingNews } from './core/device/device-session.ts';
import { whyOf } from './core/narrowing/why.ts';
import type { Dashboard } from './dashboard/server.ts';
import { openEventLog } from './event-log.ts';
import type { Host } from './host.ts';
import { startMetrics } from './metrics.ts';
import { version } from './options.ts';
import type { Report } from './report.ts';
import { type StageClock, stageClock } from './stages.ts';
import { type ActivityLog, openActivityLog, retained } from './store/activity-log.ts';
import { backupOf } from './store/backup-file.ts';
import type { StoreRefused } from './store/private-files.ts';

export type Outside = {
  readonly type: 'outside';
  /** Takes a report of the host. */
  readonly take: (report: Report) => void;
  /** Takes what is known of where the time of requests goes. */
  readonly stages: StageClock;
  /**
   * Opens the control API for this host, and the dashboard on this port (null: none); or says why not. `computer` is its own key in the
   * channel, `pin` tells that of the device.
   */
  readonly serve: (
    host: Host,
    computer: Uint8Array,
    pin: HostView['pin'],
    dashboardPort: number | null,
  ) => Promise<StoreRefused | null>;
  /** An address that lets one page of the dashboard in; null: there is none. */
  readonly newDashboardAddress: () => string | null;
  readonly close: () => Promise<void>;
};

/** These are on their way, and are written when they end. */
const underWay: ReadonlySet<string> = new Set(['asked', 'joined', 'challenged']);

/** `log`: where the structured log goes: a path, `-`, or null for nowhere. `keepDays`: how long rows of the activity log are kept. */
export type Logs = { readonly log: string | null; readonly keepDays: number };

/** Opens the logs of a state directory. */
export function openOutside(dir: string, { log, keepDays }: Logs, now: () => number): Outside | StoreRefused {
  const opened = openActivityLog(dir, { ...retained, days: keepDays });
  if (opened.type === 'refused') return opened;
  // A shorter time that was asked for holds at once, not after the next rows.
  opened.prune(now());
  const activity: ActivityLog = opened;
  const events = openEventLog(log);
  const metrics = startMetrics();
  const listeners = new Set<(report: Report | null) => void>();
  const startedAt = now();
  let device: DeviceStatus = { state: 'absent' };
  let port: string | null = null;
  let simulatorPage: string | null = null;
  let pairing: PairingNews | null = null;
  let host: Host | null = null;
  let closeControl = async (): Promise<void> => undefined;
  let dashboard: Dashboard | null = null;
  const newDashboardAddress = (): string | null => dashboard?.newAddress() ?? null;

  function ended(note: NoteEffect): void {
    const at = now();
    const { createdAt, cameAt, sentAt } = note.way;
    const came = cameAt ?? at;
    const ms = {
      relay: createdAt === null ? null : Math.max(0, came - createdAt * 1000),
      queue: sentAt === null ? null : sentAt - came,
      device: sentAt === null ? null : at - sentAt,
      total: at - came,
    };
    metrics.count(note, ms);
    const app = host?.bridge().sessions.apps.get(note.client);
    const { client, method, kind, outcome } = note;
    const paired = app !== undefined || outcome === 'unpaired';
    const row = { at, client, app: app?.name ?? '', paired, method, kind, outcome, why: whyOf(note), ms };
    try {
      const id = activity.record(row);
      events.request({ ...row, id });
    } catch (problem) {
      events.warning(`The activity log cannot be written: ${problem instanceof Error ? problem.message : problem}`);
    }
  }

  function take(report: Report): void {
    if (report.type === 'pairing') pairing = report.news;
    if (report.type === 'device') {
      device = report.status;
      // Whatever is there next may be another device.
      if (device.state === 'absent') pairing = null;
    }
    if (report.type === 'port') port = report.words;
    if (report.type === 'simulator') simulatorPage = report.page;
    if (report.type !== 'request') events.report(report);
    else if (!underWay.has(report.note.outcome)) ended(report.note);
    for (const listener of listeners) listener(report);
  }

  return {
    type: 'outside',
    take,
    stages: stageClock(metrics.observe),
    newDashboardAddress,
    serve: async (running, computer, pin, dashboardPort) => {
      host = running;
      const view: HostView = {
        version: version(),
        startedAt,
        now,
        bridge: running.bridge,
        relays: running.relays,
        changeRelays: running.changeRelays,
        device: () => ({ status: device, port, simulatorPage }),
        activity,
        store: running.store,
        computer: Buffer.from(computer).toString('hex'),
        pin,
        backup: (passphrase) => backupOf(dir, running.store, passphrase),
        narrow: running.narrow,
        announce: running.announce,
        name: running.name,
        revoke: running.revoke,
        reject: running.reject,
        pairing: () => pairing,
        pair: running.pair,
        answerPairing: running.answerPairing,
        newLine: running.newLine,
        introduce: running.introduce,
        askDevice: running.askDevice,
        dropLine: running.dropLine,
        dashboard: () => (dashboard === null ? 'off' : dashboard.isBuilt ? 'open' : 'unbuilt'),
        newDashboardAddress,
        metrics: () => metrics.text(view),
        fault: (problem) => {
          const words = problem instanceof Error ? problem.message : String(problem);
          take({ type: 'warning', words: `A request of the control API failed: ${words}` });
        },
        changed: () => {
          for (const listener of listeners) listener(null);
        },
        watch: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      };
      const server = await serveControl(view, dir);
      if (server.type === 'refused') return server;
      closeControl = server.close;
      if (dashboardPort !== null) {
        // Loaded where it is wanted.
        const { serveDashboard } = await import('./dashboard/server.ts');
        dashboard = await serveDashboard(dashboardPort, view);
      }
      return null;
    },
    close: async () => {
      await dashboard?.close();
      await closeControl();
      activity.close();
      events.close();
    },
  };
}
