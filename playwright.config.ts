import { defineConfig } from '@playwright/test'

// `npm test` finds a browser (Playwright's own, the system's, or a fresh one) and names it here.
const executablePath = process.env['CHROMIUM_PATH']

/** Browser tests: the real page host with the real engine, and every screen over the in-memory service. */
export default defineConfig({
  testDir: 'test/e2e',
  testIgnore: 'window/**', // a config of its own: they drive Electron
  globalSetup: './test/e2e/build-pages.ts',
  outputDir: 'test-results/e2e',
  // Journeys over the real engine share a file, and so a worker; the other one looks at screens meanwhile.
  workers: 2,
  timeout: 180_000,
  // One more try on a build server, where the machine may stall; the report still names the test as flaky.
  retries: process.env['CI'] ? 1 : 0,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      // Chromium's own sandbox refuses to start for root, which is who runs in a container.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  },
})
