import type { Plan } from '../../../contract/plan.ts'
import { modelOf, recipeOf } from '../arguments.ts'
import type { Command, CommandContext } from '../command.ts'
import { followRuns } from '../follow-run.ts'
import { planText } from '../plan-text.ts'

/** `whittle plan`: what would be written, before anything is. The run stays in the history and can be gone on with. */
export const planCommand: Command = async (context) => {
  const { id, plan: made, calibration, outPath } = await prepareRun(context)
  const { cells, ...summary } = made
  return {
    json: {
      runId: id,
      calibration,
      outPath,
      budget: { bytes: made.budgetBytes },
      original: { bytes: made.originalBytes },
      plan: { ...summary, cells },
    },
    text: `${planText(made)}\nCalibration    ${calibration}\nGo on with     whittle compress --resume ${id}`,
  }
}

async function prepareRun({ line, service, progress, signal }: CommandContext) {
  const recipe = recipeOf(line, modelOf(line), null)
  const runs = followRuns(service, progress)
  try {
    const { id } = await service.call('run.prepare', recipe)
    await runs.follow(id).rested(signal)
    const run = await service.call('run.get', { runId: id })
    return {
      id,
      plan: (run.plan satisfies Plan | null) ?? missingPlan(id),
      calibration: run.summary.calibration,
      outPath: run.summary.outPath,
    }
  } finally {
    runs.stop()
  }
}

function missingPlan(id: string): never {
  throw new Error(`run ${id} is planned but has no plan`)
}
