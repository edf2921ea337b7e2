import { PROBES, PROBE_TOKENS, probeFlops } from '../calibration/sensitivity.ts'
import type { Recipe } from '../contract/recipe.ts'
import { ROWS_PER_TENSOR } from './measure-errors.ts'
import type { Phase } from './progress.ts'
import type { Source } from './source.ts'
import { measureOf, wayOf } from './way.ts'
import { encodeUnits, flopsUnits, forwardLayerUnits, logitsUnits } from './work.ts'

/** Types that sampled rows are tried as. */
const TRIED_TYPES = 7

/** The phases of preparing a run on `windows`. */
export function preparePhases(recipe: Recipe, source: Source, windows: readonly Int32Array[]): { calibrate: Phase; measure: Phase } {
  const { shape } = source.model
  const windowTokens = windows[0]?.length ?? 0
  const pass = shape.layers * forwardLayerUnits(shape, windows.length * windowTokens, windowTokens)
  return {
    calibrate: { stage: 'calibrate', activity: 'calibrate', units: pass },
    measure: { stage: 'plan', activity: 'measure', units: measureUnits(recipe, source, pass) },
  }
}

/**
 * Types tried on samples and tensors tried out in the model, or the method's own look at every layer: a pass, and about every weight
 * rounded once.
 */
function measureUnits(recipe: Recipe, { model: { shape }, tensors }: Source, pass: number): number {
  const way = wayOf(recipe)
  const matrices = tensors.filter((tensor) => !tensor.keptInF32)
  const looks = measureOf(way) === null ? 0 : pass + encodeUnits(matrices.reduce((sum, { weights }) => sum + weights, 0))
  if (way.format !== 'gguf') return Math.max(looks, 1e-3)
  const sampled = encodeUnits(
    TRIED_TYPES * matrices.reduce((sum, { weights, columns }) => sum + Math.min(weights, ROWS_PER_TENSOR * columns), 0),
  )
  const flops = way.blocks.needs.includes('encode-errors') ? probeFlops(shape, matrices, recipe.calibrationTokens) : 0
  const compared = flops === 0 ? 0 : matrices.length * PROBES.length * logitsUnits(shape, Math.min(PROBE_TOKENS, recipe.calibrationTokens))
  return looks + sampled + flopsUnits(flops) + compared
}
