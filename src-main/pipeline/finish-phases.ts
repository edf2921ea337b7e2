import type { Plan } from '../contract/plan.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { TextSplit } from '../text/split.ts'
import { judgePhases } from './judge-file.ts'
import type { JudgePhases } from './judge-file.ts'
import type { Phase } from './progress.ts'
import type { Source } from './source.ts'
import { wayOf } from './way.ts'
import { encodeUnits, flopsUnits, forwardLayerUnits } from './work.ts'

/** Learning is made of many small products and a search between them: seen to be this much slower than a pass, operation for operation. */
const LEARNING_SLOWER = 4

/** The phases of writing and judging a plan. */
export interface FinishPhases extends JudgePhases {
  readonly encode: Phase
}

/** How much is to be done once there is a plan; asked for before there is one (null), what the method usually does. */
export function finishPhases(recipe: Recipe, source: Source, { calibration, heldOut }: TextSplit, plan: Plan | null): FinishPhases {
  const { shape } = source.model
  const way = wayOf(recipe)
  const weights = source.tensors.reduce((sum, tensor) => sum + tensor.weights, 0)
  const windowTokens = calibration[0]?.length ?? 0
  // What is made from each layer's inputs has the calibration text run once more.
  const walks = way.format !== 'gguf' || plan?.rounding === 'feedback'
  const pass = walks ? shape.layers * forwardLayerUnits(shape, calibration.length * windowTokens, windowTokens) : 0
  const flops =
    way.format === 'gguf'
      ? 0
      : (way.forms.cost?.(shape, calibration.length * windowTokens, plan?.form ?? null, recipe.parameters).flops ?? 0)
  return {
    encode: { stage: 'compress', activity: 'encode', units: encodeUnits(weights) + pass + LEARNING_SLOWER * flopsUnits(flops) },
    ...judgePhases(source, heldOut),
  }
}
