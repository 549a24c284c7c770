/**
 * Counters and latencies in Prometheus' text format. What is counted is bounded: methods, outcomes and relays are few, and nothing is
 * labelled by what an app says.
 */

import type { HostView } from './control/view.ts';
import type { NoteEffect } from './core/bridge/bridge.ts';
import { everybody, isPaused } from './core/narrowing/narrowing.ts';
import type { RelaySnapshot } from './core/relay/relay.ts';
import type { Stage } from './stages.ts';

/** What is known of a request at its end, in milliseconds. */
export type Stages = Readonly<Record<'relay' | 'queue' | 'device' | 'total', number | null>>;

export type Metrics = {
  readonly count: (note: NoteEffect, stages: Stages) => void;
  readonly observe: (stage: Stage, ms: number) => void;
  readonly text: (view: HostView) => string;
};

/** Upper bounds in seconds: from a grant on a fast board to a human who was away. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600] as const;

type Histogram = { readonly counts: number[]; sum: number; count: number };

/** Metrics of a host that just started. */
export function startMetrics(): Metrics {
  const requests = new Map<string, number>();
  const stages = new Map<Stage, Histogram>();

  return {
    count: ({ method, outcome }, ms) => {
      const labels = `method="${method}",outcome="${outcome}"`;
      requests.set(labels, (requests.get(labels) ?? 0) + 1);
      for (const stage of ['relay', 'queue', 'device', 'total'] as const) {
        const taken = ms[stage];
        if (taken !== null) observe(stages, stage, taken / 1000);
      }
    },
    observe: (stage, ms) => observe(stages, stage, ms / 1000),
    text: (view) => {
      const { open, sessions, drops, narrowing } = view.bridge();
      const isStopped = narrowing.killedAt !== null || isPaused(narrowing.pauses.get(everybody), view.now());
      return [
        family('sallyport_requests_total', 'counter', 'Requests that ended, by what they came to.', requests),
        family(
          'sallyport_dropped_total',
          'counter',
          'Events that were dropped without a word.',
          labelled('reason', drops),
        ),
        ...[...stages].map(([stage, histogram]) => histogramText(stage, histogram)),
        gauge('sallyport_open_requests', 'Requests that wait for the device.', open.size),
        gauge('sallyport_paired_apps', 'Paired apps.', sessions.apps.size),
        gauge('sallyport_stopped', '1 while the user paused everything or used the kill switch.', isStopped ? 1 : 0),
        gauge('sallyport_device_ready', '1 while a device is there.', view.device().status.state === 'ready' ? 1 : 0),
        relaysText(view.relays()),
        gauge('sallyport_start_time_seconds', 'When this host started.', view.startedAt / 1000),
        gauge('process_resident_memory_bytes', 'Memory of this process.', process.memoryUsage.rss()),
      ].join('');
    },
  };
}

function relaysText(relays: readonly RelaySnapshot[]): string {
  const each = (read: (relay: RelaySnapshot) => number | null): [string, number][] =>
    relays.flatMap((relay): [string, number][] => {
      const value = read(relay);
      return value === null ? [] : [[`url="${escaped(relay.url)}"`, value]];
    });
  const listening = each(({ status }) => (status.type === 'listening' ? 1 : 0));
  const roundTrip = each(({ health: { roundTripMs } }) => (roundTripMs === null ? null : roundTripMs / 1000));
  const limited = each(({ health }) => health.rateLimited);
  return [
    family('sallyport_relay_listening', 'gauge', '1 while the relay delivers to us.', listening),
    family('sallyport_relay_round_trip_seconds', 'gauge', 'How long our last event to ourselves took.', roundTrip),
    family('sallyport_relay_rate_limited_total', 'counter', 'How often the relay asked us to wait.', limited),
  ].join('');
}

function observe(stages: Map<Stage, Histogram>, stage: Stage, seconds: number): void {
  const histogram = stages.get(stage) ?? { counts: bounds.map(() => 0), sum: 0, count: 0 };
  stages.set(stage, histogram);
  for (const [index, bound] of bounds.entries()) {
    if (seconds <= bound) histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
  }
  histogram.sum += seconds;
  histogram.count++;
}

function histogramText(stage: Stage, { counts, sum, count }: Histogram): string {
  const name = `sallyport_${stage}_seconds`;
  const lines = bounds.map((bound, index) => `${name}_bucket{le="${bound}"} ${counts[index] ?? 0}\n`);
  const head = `# HELP ${name} Time of requests: ${stage}.\n# TYPE ${name} histogram\n`;
  return `${head}${lines.join('')}${name}_bucket{le="+Inf"} ${count}\n${name}_sum ${sum}\n${name}_count ${count}\n`;
}

function gauge(name: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`;
}

function family(name: string, type: string, help: string, values: Iterable<readonly [string, number]>): string {
  const lines = [...values].map(([labels, value]) => `${name}{${labels}} ${value}\n`);
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelled(label: string, values: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(values).map(([value, count]) => [`${label}="${value}"`, count]);
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
