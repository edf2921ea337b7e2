import type { Budget } from '../../../contract/recipe.ts'
import { DEMO_MODEL } from '../../../contract/resource-name.ts'
import { recipeOf } from '../arguments.ts'
import type { Command } from '../command.ts'
import { reportJson, reportText } from '../report-text.ts'
import { startRun } from './compress.ts'

/** Where the smaller file still reads well and the saving is plain. */
const DEMO_BUDGET: Budget = { kind: 'bits', bitsPerWeight: 4.5 }

/** `whittle demo`: shrinks the built-in demo model and shows what came of it. */
export const demoCommand: Command = async (context) => {
  context.progress.say('Shrinking the demo model that comes with Whittle')
  const { id, report } = await startRun(context, recipeOf(context.line, DEMO_MODEL, DEMO_BUDGET))
  return { json: { runId: id, ...reportJson(report) }, text: `\nThe demo model, shrunk\n${reportText(report)}` }
}
