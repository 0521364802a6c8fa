import { defineConfig } from 'vitest/config';

const timeouts = { testTimeout: 30_000, hookTimeout: 60_000 };

/** Two projects, so that a run of unit and infra tests alone starts no Postgres. */
export default defineConfig({
  test: {
    projects: [
      {
        test: { ...timeouts, name: 'unit', include: ['test/{unit,infra}/**/*.test.ts'] },
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
