import { stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { CheckItem } from '../../contract/check.ts'
import { ExpectedError, toErrorShape } from '../../contract/errors.ts'
import type { Recipe } from '../../contract/recipe.ts'
import type { ModelShape } from '../../architectures/architecture.ts'
import type { Job } from '../job.ts'
import { checkOutput } from '../output.ts'
import { wayOf } from '../way.ts'

type CheckJob = Extract<Job, { kind: 'check' }>

/** Space that is to be left on a volume, as a share of it, before it is worth a word. */
const SPARE_SHARE = 0.1
/** What must be left whatever happens. */
const SPARE_BYTES = 64 * 2 ** 20
/** Linux's word for the FAT family in statfs, and the largest file such a volume holds. */
const FAT = 0x4d44
const FAT_FILE_BYTES = 2 ** 32 - 1

/** Where a run writes its file, or a name in that place when it chooses one itself. */
export function outputPath({ recipe, folders }: Pick<CheckJob, 'recipe' | 'folders'>): string {
  return recipe.outPath === null ? join(folders.outputs, 'model') : resolve(recipe.outPath)
}

/** Whether the file can be written where it is wanted. @param bytes most it may have */
export async function outputItem(job: CheckJob, bytes: number): Promise<CheckItem> {
  const path = outputPath(job)
  const { format } = wayOf(job.recipe)
  const details = { path, named: job.recipe.outPath !== null, format, bytes }
  try {
    await checkOutput(job.recipe, format, 0, job.folders)
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error
    return { id: 'output', state: 'stop', details: { ...details, error: toErrorShape(error) } }
  }
  const volume = await statfs(dirname(path))
  if (process.platform === 'linux' && volume.type === FAT && format === 'gguf' && bytes > FAT_FILE_BYTES) {
    return { id: 'output', state: 'stop', details: { ...details, reason: 'file-too-large', largestBytes: FAT_FILE_BYTES } }
  }
  const replaces =
    job.recipe.outPath !== null &&
    (await stat(path).then(
      () => true,
      () => false,
    ))
  return { id: 'output', state: replaces ? 'warn' : 'ok', details: { ...details, replaces } }
}

/** One volume, and what the run will put on it. */
interface Volume {
  readonly path: string
  readonly uses: string[]
  neededBytes: number
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Whether every volume written to has room: for the file, and for what calibration keeps. */
export async function diskItem(job: CheckJob, outputBytes: number, calibrationBytes: number): Promise<CheckItem> {
  const volumes = new Map<number, Volume>()
  for (const [use, path, bytes] of [
    ['output', dirname(outputPath(job)), outputBytes],
    ['work', job.folders.calibrations, calibrationBytes],
  ] as const) {
    const [{ dev }, facts] = [await stat(path), await statfs(path)]
    const volume = volumes.get(dev) ?? {
      path,
      uses: [],
      neededBytes: 0,
      freeBytes: facts.bavail * facts.bsize,
      totalBytes: facts.blocks * facts.bsize,
    }
    volume.uses.push(use)
    volume.neededBytes += bytes
    volumes.set(dev, volume)
  }
  const found = [...volumes.values()]
  const isFull = found.some(({ neededBytes, freeBytes }) => freeBytes < neededBytes + SPARE_BYTES)
  const isTight = found.some(({ neededBytes, freeBytes, totalBytes }) => freeBytes - neededBytes < SPARE_SHARE * totalBytes)
  return { id: 'disk', state: isFull ? 'stop' : isTight ? 'warn' : 'ok', details: { volumes: found, outputBytes, calibrationBytes } }
}

/** Bytes of the statistics a calibration keeps: float64, four energies and five sums for each expert, two energies of attention. */
export function statisticsBytes({ layers, experts, hidden, expertWidth, heads, headSize, vocabulary }: ModelShape): number {
  return 8 * (layers * (experts * (2 * hidden + 2 * expertWidth + 5) + hidden + heads * headSize) + hidden + vocabulary)
}

/** Text there is, and text asked for. */
export function textItem(recipe: Recipe, tokens: { calibration: number; heldOut: number }): CheckItem {
  const asked = { calibration: wholeWindows(recipe.calibrationTokens, recipe), heldOut: wholeWindows(recipe.heldOutTokens, recipe) }
  const isShort = tokens.calibration < asked.calibration || tokens.heldOut < asked.heldOut
  return { id: 'text', state: isShort ? 'warn' : 'ok', details: { tokens, asked } }
}

function wholeWindows(tokens: number, { windowTokens }: Recipe): number {
  return Math.floor(tokens / windowTokens) * windowTokens
}
