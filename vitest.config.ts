import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// What is waited for comes at once on a quiet machine; a busy one must not fail a test.
const timeouts = { testTimeout: 30_000, hookTimeout: 60_000, expect: { poll: { timeout: 15_000 } } };

/** Two projects, so that a run of unit and infra tests alone starts no Postgres. */
export default defineConfig({
  test: {
    // Most tests wait for processes of their own; one worker less than processors, the default, would leave one idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: { ...timeouts, name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false },
      },
      {
        // One worker, one module graph: the CDK is loaded once, and each stack synthesized once, for all files.
        test: {
          ...timeouts,
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          isolate: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 }, // with another number of workers, vitest wants it to run by itself
        },
      },
      {
        test: {
          ...timeouts,
          name: 'integration',
          include: ['test/{integration,e2e}/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
});
