import { PROBES, PROBE_TOKENS, probeFlops } from '../../calibration/sensitivity.ts'
import type { Recipe } from '../../contract/recipe.ts'
import { ROWS_PER_TENSOR } from '../measure-errors.ts'
import type { Source } from '../source.ts'
import { measureOf, wayOf } from '../way.ts'

/** What the trial measured, in seconds. */
export interface TrialTimes {
  readonly openSeconds: number
  /** One layer: `fixed` + `perToken` for each token; `warmUp` once more on a device that starts. */
  readonly passes: { readonly fixed: number; readonly perToken: number; readonly warmUp: number }
  readonly trialTokens: number
  readonly statisticsBytes: number
  /** Measuring what to plan with, and planning. */
  readonly planSeconds: number
  /** Whether writing runs the calibration text through the model again. */
  readonly walks: boolean
  /** Writing the layer and what lies outside the layers, and the latter alone. */
  readonly writeSeconds: number
  readonly outsideSeconds: number
  /** One step of learning all projections of the layer, and the steps the trial made. */
  readonly learning: { readonly stepSeconds: number; readonly steps: number } | null
  /** Comparing one layer and the output matrix, in both models, on so many tokens. */
  readonly judge: { readonly layersSeconds: number; readonly headSeconds: number; readonly tokens: number }
  /** Reading back, hashing and comparing. */
  readonly auditSeconds: number
  /** Weights that went through, those outside the layers included. */
  readonly weights: number
}

/** What the whole run has to do, next to the trial's one layer. */
export interface WholeRun {
  readonly layers: number
  readonly weights: number
  readonly calibrationTokens: number
  readonly heldOutTokens: number
  /** Whether the method looks at every layer in a way of its own before it plans. */
  readonly measures: boolean
  /** Single tensors tried out in the model: runs of a layer, of the output matrix, and the tokens of each; null without. */
  readonly probes: { readonly layers: number; readonly heads: number; readonly tokens: number } | null
  /** How many times more weights the run tries types on than the trial did; 0 where none are. */
  readonly samples: number
  /** Steps of learning in every layer. */
  readonly steps: number
  /** Whether llama.cpp confirms the file. */
  readonly verifies: boolean
  readonly reusesCalibration: boolean
}

/** Rows of each tensor whose types are tried in the trial; the run tries more. */
export const TRIAL_ROWS = 256

/** How far from a straight reckoning runs were seen to end: other programs, caches, disks. */
const FASTER = 0.7
const SLOWER = 1.5
/** Two engines start and end. */
const START_SECONDS = { low: 0.4, high: 3 }

/** Range the whole run should take, from what its first layer took. Pure. */
export function predictSeconds(times: TrialTimes, run: WholeRun): { low: number; high: number } {
  const parts = [calibrating, planning, writing, judging].map((part) => part(times, run))
  const low = parts.reduce((sum, part) => sum + part.low, START_SECONDS.low)
  const high = parts.reduce((sum, part) => sum + part.high, START_SECONDS.high)
  return { low: low * FASTER, high: high * SLOWER }
}

type Part = (times: TrialTimes, run: WholeRun) => { low: number; high: number }

const exactly = (seconds: number) => ({ low: seconds, high: seconds })

function layerSeconds({ passes }: TrialTimes, tokens: number): number {
  return passes.fixed + passes.perToken * tokens
}

const calibrating: Part = (times, run) => {
  const opening = 2 * (times.openSeconds + times.passes.warmUp)
  return exactly(opening + (run.reusesCalibration ? 0 : run.layers * layerSeconds(times, run.calibrationTokens)))
}

/**
 * Work that grows with the text when it looks at activations, and with the model's depth when it probes. What an earlier run measured is
 * kept.
 */
const planning: Part = (times, run) => {
  if (run.samples > 0) {
    const probes = probing(times, run)
    const sampled = times.planSeconds * run.samples
    // The method's own look at a layer takes its time once a layer; how much of the trial's planning it was is not known.
    const least = run.measures ? times.planSeconds * Math.min(run.layers, run.samples) : sampled
    return {
      low: run.reusesCalibration ? 0 : least * 0.5 + probes.low,
      high: times.planSeconds * Math.max(run.measures ? run.layers : 0, run.samples) + probes.high,
    }
  }
  const byTokens = layerSeconds(times, run.calibrationTokens) / Math.max(1e-9, layerSeconds(times, times.trialTokens))
  const walk = run.measures ? run.layers * layerSeconds(times, run.calibrationTokens) : 0
  const low = times.planSeconds * Math.min(run.layers, run.weights / times.weights)
  return { low: run.reusesCalibration ? 0 : low, high: times.planSeconds * run.layers * (run.measures ? Math.max(1, byTokens) : 1) + walk }
}

/** A probe is compared with predictions that are kept, so that one model runs where judging runs two. */
const probing: Part = (times, { probes }) => {
  if (probes === null) return exactly(0)
  const head = times.judge.headSeconds * (probes.tokens / times.judge.tokens) * probes.heads
  const layers = layerSeconds(times, probes.tokens) * probes.layers
  return { low: layers * 0.5 + head * 0.4, high: layers + head }
}

const writing: Part = (times, run) => {
  const learned = times.learning === null ? 0 : times.learning.stepSeconds * times.learning.steps
  const own = Math.max(0, times.writeSeconds - times.outsideSeconds - learned)
  const more = times.walks ? Math.max(0, layerSeconds(times, run.calibrationTokens) - layerSeconds(times, times.trialTokens)) : 0
  const straight = times.outsideSeconds + run.layers * (own + more)
  const learning = run.layers * (times.learning === null ? 0 : times.learning.stepSeconds * run.steps)
  // What is made of a layer's inputs may take longer with more of them.
  return { low: straight + learning * 0.8, high: straight + (times.walks ? run.layers * 2 * more : 0) + learning }
}

const judging: Part = (times, run) => {
  const { layersSeconds, headSeconds, tokens } = times.judge
  const growth = layerSeconds(times, run.heldOutTokens) / Math.max(1e-9, layerSeconds(times, tokens))
  const layers = run.layers * layersSeconds * Math.max(1, growth)
  const head = headSeconds * (run.heldOutTokens / tokens)
  const audit = times.auditSeconds * Math.max(1, run.weights / times.weights)
  const verify = run.verifies ? { low: 0.5, high: 4 + layers + head } : { low: 0, high: 0 }
  return { low: run.layers * layersSeconds + head + audit + verify.low, high: layers + head + audit * 1.5 + verify.high }
}

/** What a recipe has to do on the whole model. */
export function wholeRun(
  recipe: Recipe,
  whole: Source,
  first: Source,
  tokens: { calibration: number; heldOut: number },
  reusesCalibration: boolean,
): WholeRun {
  const way = wayOf(recipe)
  const weights = whole.tensors.reduce((sum, tensor) => sum + tensor.weights, 0)
  return {
    layers: whole.model.shape.layers,
    weights,
    calibrationTokens: tokens.calibration,
    heldOutTokens: tokens.heldOut,
    measures: measureOf(way) !== null,
    probes: probesOf(whole, recipe),
    samples: way.format === 'gguf' ? sampledWeights(whole, ROWS_PER_TENSOR) / sampledWeights(first, TRIAL_ROWS) : 0,
    steps: stepsOf(recipe, whole),
    verifies: way.format === 'gguf',
    reusesCalibration,
  }
}

/** Weights looked at when `rows` of every matrix are. */
function sampledWeights({ tensors }: Source, rows: number): number {
  return tensors.filter((tensor) => !tensor.keptInF32).reduce((sum, { weights, columns }) => sum + Math.min(weights, rows * columns), 0)
}

/** The runs that trying out every tensor takes, where the method wants it and the model is small enough. */
function probesOf({ model: { shape }, tensors }: Source, recipe: Recipe): WholeRun['probes'] {
  const way = wayOf(recipe)
  const tried = tensors.filter((tensor) => !tensor.keptInF32)
  if (way.format !== 'gguf' || !way.blocks.needs.includes('encode-errors') || probeFlops(shape, tried, recipe.calibrationTokens) === 0)
    return null
  const layers = tried.reduce((sum, { layer }) => sum + shape.layers - (layer ?? 0), 0)
  return { layers: layers * PROBES.length, heads: tried.length * PROBES.length, tokens: Math.min(PROBE_TOKENS, recipe.calibrationTokens) }
}

/** Steps the method learns in: those asked for, or what its own reckoning of its work comes to. */
function stepsOf(recipe: Recipe, { model: { shape } }: Source): number {
  const way = wayOf(recipe)
  const { steps } = recipe.parameters
  if (typeof steps === 'number') return steps
  if (way.format === 'gguf' || way.forms.cost === undefined || !('steps' in way.method.parameters.shape)) return 0
  const { cost } = way.forms
  const flops = (parameters: Readonly<Record<string, unknown>>): number => cost(shape, recipe.calibrationTokens, null, parameters).flops
  const one = flops({ ...recipe.parameters, steps: 1 })
  return one === 0 ? 0 : flops(recipe.parameters) / one
}
