import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['holdwater-source', 'node'] },
  test: {
    include: [
      'harness/**/*.test.ts',
      'bench/**/*.test.ts',
      'reports/**/*.test.ts',
      'scenarios/**/*.test.ts',
      'tests/**/*.test.ts',
    ],
    // Real processes: what takes long is a bound, not a wait.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // With every name: a test that is skipped says in its name what is missing.
    reporters: ['verbose'],
    pool: 'forks',
    // Whole runs of processes wait more than they work: a third fills two cores.
    maxWorkers: 3,
    maxConcurrency: 2,
  },
})
