import { join } from 'node:path'
import type { Budget } from '../../../contract/recipe.ts'
import { recipeOf } from '../arguments.ts'
import type { Command } from '../command.ts'
import { reportJson, reportText } from '../report-text.ts'
import { startRun } from './compress.ts'

/** Where the smaller file still reads well and the saving is plain. */
const DEMO_BUDGET: Budget = { kind: 'bits', bitsPerWeight: 4.5 }

/** `whittle demo`: shrinks the built-in demo model and shows what came of it. */
export const demo: Command = async (context) => {
  const model = join(context.dependencies.resources, 'demo-model')
  context.progress.say(`Shrinking the demo model in ${model}`)
  const { id, report } = await startRun(context, recipeOf(context.line, model, DEMO_BUDGET))
  return { json: { runId: id, ...reportJson(report) }, text: `\nThe demo model, shrunk\n${reportText(report)}` }
}
