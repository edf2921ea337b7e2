import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plan } from '../contract/plan.ts'
import { explainWriteFailure } from '../formats/write-failure.ts'
import type { LayerCheckpoints } from '../methods/method.ts'

/** Where a run's unfinished learning is kept: beside the folder it writes. */
export function learningFolder(outPath: string): string {
  return `${outPath}.learning`
}

/** The states of unfinished projections of one layer. Another plan for the same place finds none of them. */
export function openCheckpoints(outPath: string, plan: Plan, layer: number | null): LayerCheckpoints & { removeAll(): Promise<void> } {
  const folder = learningFolder(outPath)
  const key = createHash('sha256').update(JSON.stringify([plan.model, plan.method, plan.parameters, plan.form, plan.decisions, plan.seed])).digest('hex').slice(0, 16)
  const pathOf = (name: string): string => join(folder, `${key}-${layer}-${name}.state`)
  return {
    load: (name) => readFile(pathOf(name)).then((bytes) => new Uint8Array(bytes), () => null), // none yet
    save: async (name, state) => {
      const temporary = join(folder, `${randomUUID()}.part`)
      try {
        await mkdir(folder, { recursive: true })
        const file = await open(temporary, 'wx')
        try {
          await file.writeFile(state)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(temporary, pathOf(name))
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined) // the first failure is the one to tell
        throw explainWriteFailure(error, folder, state.byteLength)
      }
    },
    removeAll: () => rm(folder, { recursive: true, force: true }),
  }
}
