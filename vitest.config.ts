import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

/** Two projects: the core on plain Node, the renderer's stores and components in happy-dom. Browser tests are Playwright's. */
export default defineConfig({
  test: {
    // Tests start engines and load native libraries: a process each, and no more of them than two small cores carry.
    pool: 'forks',
    maxWorkers: 2,
    // Long, because a busy machine is no failure.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: { name: 'core', environment: 'node', include: ['test/**/*.test.ts'], exclude: ['test/src-renderer/**', 'test/e2e/**'] },
      },
      {
        extends: true,
        plugins: [vue()],
        test: { name: 'renderer', environment: 'happy-dom', include: ['test/src-renderer/**/*.test.ts'] },
      },
    ],
  },
})
