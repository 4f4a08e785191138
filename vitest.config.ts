import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest, so that no processor waits for it at the end. */
const SLOW =
  /\/test\/(simulation\/(scenarios|servers|groupd|planted)|process\/(check|bench|bench-peers|instances|ordering|state-transfer|store-crashes))\.test\.ts$/;

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification) => SLOW.test(moduleId);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

/** Tests of real processes and sockets, after all others: three files at a time at least, for most of them wait much of the time. */
const processes = ['test/process/**/*.test.ts'];

export default defineConfig({
  test: {
    // Worker threads would share one copy of the addon's shared object, and its crash would take the whole run along.
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Not one less than that, as vitest has it.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: SlowestFirst },
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
          maxWorkers: Math.max(3, availableParallelism()),
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
