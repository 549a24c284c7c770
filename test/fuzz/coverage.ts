/**
 * Branch coverage out of what V8 writes to NODE_V8_COVERAGE: each block that it counts is a branch, functions included. V8 counts
 * blocks and not conditions, so a share here says which code was reached, not with which values.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Coverage = { readonly name: string; readonly reached: number; readonly branches: number };

type Report = {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
};

/** Of each source file of device-protocol and the firmware with one of these names. */
export function branchCoverage(folder: string, names: readonly string[]): readonly Coverage[] {
  const found = new Map<string, Coverage>();
  for (const file of readdirSync(folder)) {
    // V8's own format; only what is read here is named.
    const report: Report = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    for (const { url, functions } of report.result) {
      const name = /(?:device-protocol|firmware-sim)\/src\/(?:.*\/)?([a-z0-9-]+)\.ts$/.exec(url)?.[1];
      if (name === undefined || !names.includes(name)) continue;
      const ranges = functions.flatMap((one) => one.ranges);
      found.set(name, { name, reached: ranges.filter(({ count }) => count > 0).length, branches: ranges.length });
    }
  }
  return names.flatMap((name) => found.get(name) ?? []);
}
