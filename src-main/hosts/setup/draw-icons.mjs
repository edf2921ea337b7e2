// npm run icons: draws resources/icon.svg at every size a system asks for, and packs the sizes for Windows and macOS.
// Run by hand when the drawing changes; the results are committed.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser } from './find-browser.mjs'
import { packIcns, packIco } from './icon-files.mjs'
import { findNode24 } from './node-versions.mjs'
import { ROOT } from './places.mjs'
import { exitWith, SetupError } from './say.mjs'

const SIZES = [16, 32, 48, 64, 128, 256, 512, 1024]

/**
 * @param {string} browser path of a Chromium
 * @param {string} drawing SVG text
 * @returns {Promise<Map<number, Buffer>>} PNG files by size
 */
async function draw(browser, drawing) {
  const { chromium } = await import('playwright')
  const running = await chromium.launch({ executablePath: browser, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
  try {
    const pictures = new Map()
    for (const size of SIZES) {
      const page = await running.newPage({ viewport: { width: size, height: size } })
      await page.setContent(`<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${drawing}`)
      pictures.set(size, await page.screenshot({ omitBackground: true }))
      await page.close()
    }
    return pictures
  } finally {
    await running.close()
  }
}

await exitWith(async () => {
  const browser = await findBrowser(findNode24())
  if (browser === null) throw new SetupError('No Chromium here to draw the icons with.')
  const resources = join(ROOT, 'resources')
  const pictures = await draw(browser, readFileSync(join(resources, 'icon.svg'), 'utf8'))
  mkdirSync(join(resources, 'icons'), { recursive: true })
  for (const [size, png] of pictures) {
    if (size <= 512) writeFileSync(join(resources, 'icons', `${size}x${size}.png`), png)
  }
  writeFileSync(join(resources, 'icon.ico'), packIco(pictures))
  writeFileSync(join(resources, 'icon.icns'), packIcns(pictures))
  return 0
})
