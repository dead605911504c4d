import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: '.cache/test-report.json' }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'sandbox/**/*.test.ts',
            'docs/**/*.test.ts',
            'image/**/*.test.ts',
            'test/*.test.ts',
            'test/node/cgroup-hierarchies.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'whole programs',
          include: ['test/*/**/*.test.ts'],
          exclude: ['test/node/**', 'test/argo-cd/**'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'argo cd',
          include: ['test/argo-cd/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'real node',
          include: ['test/node/**/*.test.ts'],
          exclude: ['test/node/cgroup-hierarchies.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
