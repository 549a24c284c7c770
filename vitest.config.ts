/** How the tests run: every package is read from its TypeScript source (the `sallyport-source` condition), nothing is built first. */
import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Without 'module', which is for bundlers: what Node itself loads of a package that has both may lack file endings (@smithy/core).
const conditions = ['sallyport-source', ...defaultServerConditions.filter((each) => each !== 'module')];

/** Small files that take long: where no earlier run is known, the largest file would come first, and these last and alone. */
const long = ['bench/bench', 'conformance/simulator', 'stories/real/packed', 'stories/real/bad-device', 'hostile/host'];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      long.some((name) => moduleId.includes(`/test/${name}`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
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
    sequence: { sequencer: LongFirst },
    // A program that a story starts would spend most of its time on reading its own sources: each is compiled once.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
