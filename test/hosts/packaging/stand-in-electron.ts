import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What @electron/fuses looks for in Electron's program; then a version, the count of fuses, and one byte a fuse. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'

/** Fuses as Electron ships them: '1' on, '0' off, in the order of FuseV1Options. */
const SHIPPED = '101100011'

/**
 * A folder with the names of Electron's own Linux build and nothing behind them, fuses apart: electron-builder packs with it where
 * Electron itself cannot be had.
 */
export function writeStandInElectron(folder: string): void {
  for (const below of ['locales', 'resources']) mkdirSync(join(folder, below), { recursive: true })
  const wire = Buffer.concat([
    Buffer.from('\x7fELF'),
    Buffer.from(SENTINEL),
    Buffer.from([1, SHIPPED.length]),
    Buffer.from(SHIPPED),
    Buffer.alloc(64),
  ])
  writeFileSync(join(folder, 'electron'), wire, { mode: 0o755 })
  for (const name of ['chrome-sandbox', 'chrome_crashpad_handler']) writeFileSync(join(folder, name), '', { mode: 0o755 })
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'version']) writeFileSync(join(folder, name), name)
  for (const language of ['en-US', 'de', 'fr']) writeFileSync(join(folder, 'locales', `${language}.pak`), '')
}
