import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plan } from '../contract/plan.ts'
import type { StateBytes } from '../factors/mobe/state.ts'
import { readInto } from '../formats/positional-read.ts'
import { explainWriteFailure } from '../formats/write-failure.ts'
import type { LayerCheckpoints } from '../methods/method.ts'

/** Where a run's unfinished learning is kept: beside the folder it writes. */
export function learningFolder(outPath: string): string {
  return `${outPath}.learning`
}

/** The states of unfinished projections of one layer. Another plan for the same place finds none of them. */
export function openCheckpoints(outPath: string, plan: Plan, layer: number | null): LayerCheckpoints & { removeAll(): Promise<void> } {
  const folder = learningFolder(outPath)
  const key = createHash('sha256')
    .update(JSON.stringify([plan.model, plan.method, plan.parameters, plan.form, plan.decisions, plan.seed]))
    .digest('hex')
    .slice(0, 16)
  const pathOf = (name: string): string => join(folder, `${key}-${layer}-${name}.state`)
  return {
    load: (name) => stateAt(pathOf(name)),
    save: async (name, state) => {
      const temporary = join(folder, `${randomUUID()}.part`)
      let bytes = 0
      try {
        await mkdir(folder, { recursive: true })
        const file = await open(temporary, 'wx', 0o600)
        try {
          for (const piece of state) {
            bytes += piece.byteLength
            await file.writeFile(piece)
          }
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(temporary, pathOf(name))
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined) // the first failure is the one to tell
        throw explainWriteFailure(error, folder, bytes)
      }
    },
    removeAll: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A kept state, opened anew for every piece that is read; null when there is none yet. */
async function stateAt(path: string): Promise<StateBytes | null> {
  const facts = await stat(path).catch(() => null) // none yet
  if (facts === null) return null
  return {
    bytes: facts.size,
    async read(position, length) {
      const file = await open(path, 'r')
      try {
        const bytes = new Uint8Array(length)
        if ((await readInto(file, bytes, position)) < length) throw new RangeError(`${path} ends before byte ${position + length}`)
        return bytes
      } finally {
        await file.close()
      }
    },
  }
}
