import type { Ref } from 'vue'
import type { Call } from '../../src-main/contract/calls.ts'
import type { CheckReport } from '../../src-main/contract/check.ts'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import type { RunSummary } from '../../src-main/contract/run.ts'

interface Draft {
  readonly recipe: Readonly<Ref<Recipe | null>>
  readonly check: Readonly<Ref<CheckReport | null>>
  readonly plannedRunId: Ref<string | null>
}

/** The two ways a draft becomes a run. */
export interface DraftStart {
  /** Starts calibrate and plan, and stops there. */
  prepare(): Promise<RunSummary>
  /** Starts the whole run, and keeps what the check found with it. */
  begin(): Promise<RunSummary>
}

export function draftStart(call: Call, { recipe, check, plannedRunId }: Draft): DraftStart {
  /** A plan of this draft that was never started is replaced, so that history keeps no leftovers. */
  async function recipeToRun(): Promise<Recipe> {
    if (!recipe.value) throw new Error('The draft has no model yet')
    const replaced = plannedRunId.value
    if (replaced) await deleteIfPlanned(call, replaced)
    return recipe.value
  }
  return {
    async prepare() {
      const run = await call('run.prepare', await recipeToRun())
      plannedRunId.value = run.id
      return run
    },
    async begin() {
      const run = await call('run.begin', { recipe: await recipeToRun(), check: check.value })
      plannedRunId.value = null
      return run
    },
  }
}

async function deleteIfPlanned(call: Call, runId: string): Promise<void> {
  const runs = await call('run.list', {})
  if (runs.some((run) => run.id === runId && run.state === 'planned')) await call('run.delete', { runId, deleteFile: false })
}
