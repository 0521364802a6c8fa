import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// What is waited for comes at once on a quiet machine; a busy one must not fail a test.
const timeouts = { testTimeout: 30_000, hookTimeout: 60_000, expect: { poll: { timeout: 15_000 } } };

const onPostgres = { ...timeouts, globalSetup: ['test/support/global-setup.ts'] };

/**
 * Projects, so that a run of unit and infra tests alone starts no Postgres, and the runs of commands and browsers from end to end
 * have a command of their own.
 */
export default defineConfig({
  test: {
    // Most tests wait for processes of their own; one worker less than processors, the default, would leave one idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      // One module graph a worker, but for the runs from end to end: loading it anew for each file takes a fifth of the CPU time,
      // and the CDK synthesizes each stack once.
      { test: { ...timeouts, name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      {
        test: {
          ...timeouts,
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          isolate: false,
          setupFiles: ['test/support/cdk-outdir.ts'],
        },
      },
      {
        test: {
          ...onPostgres,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          isolate: false,
        },
      },
      { test: { ...onPostgres, name: 'e2e', include: ['test/e2e/**/*.test.ts'] } },
    ],
  },
});
