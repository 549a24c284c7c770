/** How the tests run: every package is read from its TypeScript source (the `sallyport-source` condition), nothing is built first. */
import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

// Without 'module', which is for bundlers: what Node itself loads of a package that has both may lack file endings (@smithy/core).
const conditions = ['sallyport-source', ...defaultServerConditions.filter((each) => each !== 'module')];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    // The pages are what browsers get: built, where a source is newer.
    globalSetup: ['host/build-pages.ts'],
    // Two cores: the stories start processes of their own.
    maxWorkers: 2,
    // A program that a story starts would spend most of its time on reading its own sources: each is compiled once.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
