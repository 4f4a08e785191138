import { defineConfig } from 'vitest/config';

/** Tests of real processes and sockets, after all others: two files at a time, for most of them wait for time-outs most of the time. */
const processes = ['test/process/**/*.test.ts'];

export default defineConfig({
  test: {
    // Worker threads would share one copy of the addon's shared object, and its crash would take the whole run along.
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: { name: 'quick', include: ['test/**/*.test.ts'], exclude: processes, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'process',
          include: processes,
          // Longer than what a call of a child may take.
          testTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['ts/**/*.ts'],
      reporter: ['text-summary', 'html'],
      reportsDirectory: 'coverage',
    },
  },
});
