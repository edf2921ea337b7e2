/**
 * How the page feels: first paint of the built page from the real host, frames while a map of 48 x 128 experts is told of ten times a
 * second, and what the page weighs. Its rival is the screen: 60 frames a second. Needs Chromium (CHROMIUM_PATH) and `npm run build`.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { chromium, type Browser, type Page } from 'playwright'
import { buildFakePage, serveFakePage } from '../e2e/fake-page.ts'
import { makeWorkFolder, removeWorkFolder, startHost } from '../e2e/real-host.ts'

const STORM_MS = 10_000
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)
const at = (values: readonly number[], share: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN

/** Milliseconds from the navigation to the first contentful paint, of five fresh visits. */
async function firstPaints(browser: Browser, address: string): Promise<number[]> {
  const paints: number[] = []
  for (let visit = 0; visit < 5; visit++) {
    const page = await browser.newPage()
    await page.goto(address)
    await page.getByRole('heading', { level: 1 }).waitFor()
    paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN))
    await page.close()
  }
  return paints
}

/** Milliseconds between frames while coverage pours in. */
function frames(page: Page): Promise<number[]> {
  return page.evaluate(
    (duration) =>
      new Promise<number[]>((resolve) => {
        const gaps: number[] = []
        const started = performance.now()
        let last = started
        const next = (now: number): void => {
          gaps.push(now - last)
          last = now
          if (now - started < duration) requestAnimationFrame(next)
          else resolve(gaps.slice(1))
        }
        requestAnimationFrame(next)
      }),
    STORM_MS,
  )
}

async function weigh(folder: string): Promise<void> {
  for (const kind of ['.js', '.css']) {
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(kind))
    const bytes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size))
    const packed = await Promise.all(files.map(async (name) => gzipSync(await readFile(join(folder, name))).length))
    const sum = (values: readonly number[]): string => (values.reduce((total, each) => total + each, 0) / 1e6).toFixed(2)
    process.stdout.write(`${kind} of the built page: ${sum(bytes)} MB in ${files.length} files, ${sum(packed)} MB gzipped\n`)
  }
}

const executablePath = process.env['CHROMIUM_PATH']
const browser = await chromium.launch({
  ...(executablePath ? { executablePath } : {}),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
const work = await makeWorkFolder()
const host = await startHost(work)
await buildFakePage()
const site = await serveFakePage()
try {
  const paints = await firstPaints(browser, host.address)
  process.stdout.write(`first paint: ${paints.map((each) => each.toFixed(0)).join(', ')} ms (aim: under 1000)\n`)
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.goto(`${site.url}/?storm=10#/runs/r1/run`)
  await page.getByText('Expert coverage').first().scrollIntoViewIfNeeded()
  // The page itself has loaded and drawn; only the storm is left.
  await page.waitForTimeout(1500)
  const gaps = await frames(page)
  const late = gaps.filter((gap) => gap > 1.5 * (1000 / 60)).length
  process.stdout.write(
    `48 x 128 experts, 10 updates a second, ${gaps.length} frames: median ${at(gaps, 0.5).toFixed(1)} ms, 99 % ${at(gaps, 0.99).toFixed(1)} ms, worst ${Math.max(...gaps).toFixed(1)} ms, ` +
      `late ${late}; ${(gaps.length / (gaps.reduce((sum, gap) => sum + gap, 0) / 1000) / 60).toFixed(3)} of 60 frames a second\n`,
  )
  await weigh('out/renderer')
} finally {
  await browser.close()
  site.close()
  await host.stop()
  await removeWorkFolder(work)
}
