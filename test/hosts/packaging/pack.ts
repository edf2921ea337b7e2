import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { extractAll, listPackage, statFile } from '@electron/asar'
import { buildApp } from '../../../src-main/hosts/setup/build-app.mjs'
import { childEnvironment, run } from '../../../src-main/hosts/setup/child.mjs'
import { toolScript } from '../../../src-main/hosts/setup/places.mjs'
import { writeStandInElectron } from './stand-in-electron.ts'

/** A file of the package. Unpacked: it lies beside the archive as a file of its own. */
export interface PackedFile {
  readonly path: string
  readonly bytes: number
  readonly unpacked: boolean
}

/** A packed app, taken apart. */
export interface Packed {
  /** The folder people would get. */
  readonly folder: string
  readonly archive: string
  readonly files: readonly PackedFile[]
  /** The archive's content as plain files, outside the repository: nothing of it can be found by accident. */
  readonly extracted: string
  remove(): void
}

/** Addresses nothing answers at: what would be downloaded fails the packing instead. */
const NOWHERE = 'http://127.0.0.1:9'

/**
 * Packs for Linux as `npm run dist` would, without installers, offline. @param electron folder of Electron's build; left out = a stand-in
 */
export async function packForLinux(electron?: string): Promise<Packed> {
  await buildApp(process.execPath)
  const work = mkdtempSync(join(tmpdir(), 'whittle-pack-'))
  if (electron === undefined) writeStandInElectron(join(work, 'electron'))
  const { code, output } = await run(
    process.execPath,
    [
      toolScript('electron-builder'),
      '--linux',
      '--x64',
      '--dir',
      '--publish',
      'never',
      `-c.electronDist=${electron ?? join(work, 'electron')}`,
      `-c.directories.output=${join(work, 'dist')}`,
    ],
    {
      env: { ...childEnvironment(), HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, ELECTRON_MIRROR: NOWHERE, npm_config_offline: 'true' },
      timeoutSeconds: 150,
    },
  )
  if (code !== 0) throw new Error(`electron-builder failed: ${output}`)
  const folder = join(work, 'dist', 'linux-unpacked')
  const archive = join(folder, 'resources', 'app.asar')
  extractAll(archive, join(work, 'extracted'))
  return {
    folder,
    archive,
    files: filesOf(archive),
    extracted: join(work, 'extracted'),
    remove: () => rmSync(work, { recursive: true, force: true }),
  }
}

function filesOf(archive: string): PackedFile[] {
  return listPackage(archive, { isPack: false }).flatMap((listed) => {
    const path = listed.replaceAll('\\', '/').slice(1)
    const facts = statFile(archive, path)
    return 'size' in facts ? [{ path, bytes: facts.size, unpacked: facts.unpacked === true }] : []
  })
}

/** Bytes of the archive and of what lies beside it. */
export function packedBytes({ archive, files }: Packed): number {
  return statSync(archive).size + files.reduce((sum, { bytes, unpacked }) => sum + (unpacked ? bytes : 0), 0)
}
