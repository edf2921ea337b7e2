import { lineText } from '../../../contract/log-lines.ts'
import { calibrateOnly } from '../../../service/one-job.ts'
import { modelOf, recipeOf } from '../arguments.ts'
import type { Command } from '../command.ts'
import { sizeText } from '../numbers.ts'

/** `whittle calibrate`: measures once what later runs with any budget reuse. */
export const calibrateCommand: Command = async ({ line, dependencies, progress, signal }) => {
  // Calibration does not depend on the budget; a recipe needs one all the same.
  const recipe = recipeOf(line, modelOf(line), { kind: 'percent', percent: 100 })
  const calibrated = await calibrateOnly(dependencies, recipe, {
    signal,
    onEvent: (event) => {
      if (event.kind === 'progress') progress.show(event)
      if (event.kind === 'log' && event.level !== 'info') progress.say(`${event.level}: ${lineText(event.line)}`)
    },
  })
  progress.end()
  const { path, bytes, reused } = calibrated
  return { json: calibrated, text: `Calibration: ${reused ? 'reused' : 'measured'}, ${sizeText(bytes)} in ${path}` }
}
