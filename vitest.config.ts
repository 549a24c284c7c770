/** How the tests run: every package is read from its TypeScript source (the `sallyport-source` condition), nothing is built first. */
import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Without 'module', which is for bundlers: what Node itself loads of a package that has both may lack file endings (@smithy/core).
const conditions = ['sallyport-source', ...defaultServerConditions.filter((each) => each !== 'module')];

/** Where processes, ports and browsers are waited for. */
const waiting = [
  'bench/',
  'conformance/simulator',
  'stories/real/',
  'interop/',
  'browser/',
  'host/cli/',
  'host/serial-wire',
];
/** Small files that take long: where no earlier run is known, the largest files would come first, and these last and alone. */
const long = [
  'bench/',
  'conformance/simulator',
  'stories/real/packed',
  'hostile/host/',
  'hostile/host-attacks',
  'stories/link-histories',
  'fuzz/',
];

/** One file that waits, then two that work: so the cores have work, and what is measured in seconds is not all there at once. */
class Mixed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isOf = (parts: readonly string[], { moduleId }: TestSpecification): boolean =>
      parts.some((part) => moduleId.includes(`/test/${part}`));
    const sorted = await super.sort(files);
    const longFirst = [...sorted.filter((file) => isOf(long, file)), ...sorted.filter((file) => !isOf(long, file))];
    const waits = longFirst.filter((file) => isOf(waiting, file));
    const works = longFirst.filter((file) => !isOf(waiting, file));
    return [...works.flatMap((file, n) => (n % 2 === 0 ? [...waits.splice(0, 1), file] : [file])), ...waits];
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    // The pages are what browsers get: built, where a source is newer.
    globalSetup: ['host/build-pages.ts'],
    // One more than the two cores this is meant for: the stories with processes of their own wait more than they work.
    maxWorkers: 3,
    sequence: { sequencer: Mixed },
    // A program that a story starts would spend most of its time on reading its own sources: each is compiled once.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
