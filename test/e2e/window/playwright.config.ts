import { defineConfig } from '@playwright/test'

/**
 * Tests that drive a real Electron. `npm test` runs them where Electron's program is; by hand: `npm run build`, then
 * `WHITTLE_ELECTRON=<program> npx playwright test -c test/e2e/window/playwright.config.ts`. Also read, both for an Electron that needs
 * changes to the build: WHITTLE_APP (a built app's folder in place of the repository) and WHITTLE_PACKED (a packed program in place of one
 * packed here).
 */
export default defineConfig({
  testDir: '.',
  outputDir: process.env['WHITTLE_TEST_RESULTS'] ?? '../../../test-results/window',
  // One window at a time has the focus.
  workers: 1,
  timeout: 180_000,
  retries: process.env['CI'] ? 1 : 0,
  expect: { timeout: 20_000 },
  reporter: 'list',
})
