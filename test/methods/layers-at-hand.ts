import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ModelShape } from '../../src-main/architectures/architecture.ts'
import type { LayerAtHand } from '../../src-main/calibration/layer-at-hand.ts'
import { walkLayers } from '../../src-main/calibration/walk-layers.ts'
import type { ModelForm } from '../../src-main/contract/form.ts'
import type { FormatName } from '../../src-main/contract/recipe.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import type { Limit } from '../../src-main/methods/limit.ts'
import { greedyChoice, smallestSize } from '../../src-main/allocation/greedy-choice.ts'
import type { ChoiceSolver } from '../../src-main/allocation/integer-program.ts'
import { tally } from '../../src-main/allocation/integer-program.ts'
import type { LayerValues, PackedMatrix } from '../../src-main/forms/values.ts'
import { readTextSplit } from '../../src-main/text/split.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import type { FormPlanInput, LayerTask, ModelOutline } from '../../src-main/methods/method.ts'
import { ExpectedError } from '../../src-main/contract/errors.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { qwen3Moe } from '../../src-main/architectures/families/qwen3-moe.ts'
import { writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

/** A solver good enough for plans: the greedy answer. */
export const greedySolver: ChoiceSolver = async (program) => {
  const picks = greedyChoice(program)
  if (picks === null) throw new ExpectedError('budget-too-small', { capacity: program.capacity, smallest: smallestSize(program) })
  const { objective } = tally(program, picks)
  return { picks, objective, bound: 0, gap: objective === 0 ? 0 : 1, seconds: 0, proven: objective === 0 }
}

/** Runs `visit` on every layer of a tiny random model, through which `windows` of random tokens flow. */
export async function visitLayers(
  folder: string,
  shape: Partial<ModelShape>,
  visit: (layer: LayerAtHand, model: MoeModel) => Promise<void>,
  windows = 2,
  windowTokens = 64,
): Promise<ModelShape> {
  await writeTinyCheckpoint(folder, { shape })
  const { model, close } = await openCheckpoint(folder)
  const random = seededRandom(7)
  const text = Array.from({ length: windows }, () =>
    Int32Array.from({ length: windowTokens }, () => Math.floor(random() * model.shape.vocabulary)),
  )
  const forward = openForward({ device: 'cpu', threads: 1 })
  try {
    const options = { kernels: referenceKernels, signal: new AbortController().signal, from: 0, attention: true }
    for await (const layer of walkLayers(forward, model, text, options)) await visit(layer, model)
    return model.shape
  } finally {
    await forward.close()
    await close()
  }
}

const SHARED = fileURLToPath(new URL('../../../shared', import.meta.url))
/** A small trained model that is not part of this repository. */
export const TRAINED_MODEL = path.join(SHARED, 'models/wiki-moe16')

/** Runs `visit` on one layer of the trained model, through which `tokens` tokens of encyclopaedia flow. */
export async function visitTrainedLayer(visit: (layer: LayerAtHand) => Promise<void>, index = 1, tokens = 4096): Promise<void> {
  const { kernels } = loadKernels()
  const { model, close } = await openCheckpoint(TRAINED_MODEL, { widenBf16: kernels.widenBf16 })
  const forward = openForward({ device: 'cpu', threads: 1 })
  try {
    const { calibration } = await readTextSplit(await openTokenizer(TRAINED_MODEL), {
      calibrationPath: path.join(SHARED, 'text/calibration.txt'),
      heldOutPath: path.join(SHARED, 'text/heldout-wiki.txt'),
      calibrationTokens: tokens,
      heldOutTokens: 1024,
      windowTokens: 256,
      mostTokens: tokens,
    })
    for await (const layer of walkLayers(forward, model, calibration, {
      kernels,
      signal: new AbortController().signal,
      from: index,
      attention: true,
    })) {
      await visit(layer)
      return
    }
  } finally {
    await forward.close()
    await close()
  }
}

/** The same layer with some of its properties replaced. */
export function delegate(layer: LayerAtHand, changes: Partial<LayerAtHand>): LayerAtHand {
  const { index, shape, kernels, rounding, matrices, compute, signal, tokens, routing } = layer
  return {
    index,
    shape,
    layer: layer.layer,
    kernels,
    rounding,
    matrices,
    compute,
    signal,
    tokens,
    routing,
    gatesOf: (expert) => layer.gatesOf(expert),
    inputsOf: (expert) => layer.inputsOf(expert),
    runExpert: (weights, inputs) => layer.runExpert(weights, inputs),
    weights: (role, expert) => layer.weights(role, expert),
    secondMoment: (role, expert) => layer.secondMoment(role, expert),
    ...changes,
  }
}

/** The layer with second moments that are no numbers. */
export function brokenMoments(layer: LayerAtHand): LayerAtHand {
  return delegate(layer, { secondMoment: async (role, expert) => (await layer.secondMoment(role, expert)).fill(Number.NaN) })
}

/** ||y - y'|| of the experts' combined output over all tokens, y' with packed experts. */
export async function layerLoss(layer: LayerAtHand, values: LayerValues): Promise<number> {
  const { hidden, expertWidth, experts } = layer.shape
  const lost = new Float64Array(layer.tokens * hidden)
  for (let expert = 0; expert < experts; expert++) {
    const gates = layer.gatesOf(expert)
    if (gates.length === 0) continue
    const inputs = layer.inputsOf(expert)
    const exact = {
      gate: await layer.weights('expertGate', expert),
      up: await layer.weights('expertUp', expert),
      down: await layer.weights('expertDown', expert),
    }
    const packed = {
      gate: unpacked(layer, values.expertGate, expert, hidden),
      up: unpacked(layer, values.expertUp, expert, hidden),
      down: unpacked(layer, values.expertDown, expert, expertWidth),
    }
    const [a, b] = [(await layer.runExpert(exact, inputs)).result, (await layer.runExpert(packed, inputs)).result]
    const tokens = [...layer.routing.chosen.entries()]
      .filter(([, chosen]) => chosen === expert)
      .map(([pair]) => Math.floor(pair / layer.routing.expertsPerToken))
    for (const [row, token] of tokens.entries()) {
      for (let i = 0; i < hidden; i++) {
        const at = token * hidden + i
        lost[at] = (lost[at] as number) + (gates[row] as number) * ((a[row * hidden + i] as number) - (b[row * hidden + i] as number))
      }
    }
  }
  return Math.sqrt(lost.reduce((sum, value) => sum + value * value, 0))
}

function unpacked({ kernels }: LayerAtHand, values: LayerValues['expertGate'], expert: number, columns: number): Float32Array {
  const matrix = values?.kind === 'packed' ? values.matrices[expert] : undefined
  if (matrix === undefined) throw new Error(`no codes for expert ${expert}`)
  return kernels.gptq.dequantizeGroups(matrix.codes, matrix.scales, matrix.zeros, columns, groupSizeOf(matrix), bitsOf(matrix))
}

function groupSizeOf({ codes, scales }: PackedMatrix): number {
  return codes.length / scales.length
}

/** Enough bits for the codes; at more than 1 their number does not change the values. */
function bitsOf({ zeros }: PackedMatrix): 1 | 8 {
  return zeros.length === 0 ? 1 : 8
}

/** A model of `shape` in bf16, nothing behind it. */
export function outlineOf(shape: ModelShape): ModelOutline {
  return { architecture: qwen3Moe, shape, dtypeOf: () => 'BF16' }
}

/** What a plan of a folder is made from. */
export function formInput(
  shape: ModelShape,
  limit: Limit,
  options: {
    parameters?: Record<string, unknown>
    format?: Exclude<FormatName, 'gguf'>
    measurements?: readonly unknown[]
    solve?: ChoiceSolver
  } = {},
): FormPlanInput {
  return {
    outline: outlineOf(shape),
    format: options.format ?? 'safetensors',
    limit,
    originalBytes: 1_000_000,
    measurements: options.measurements ?? [],
    statistics: { layers: [], tokens: 0, outputInput: new Float64Array(), tokenCounts: new Float64Array() },
    parameters: options.parameters ?? {},
    seed: 1,
    solve: options.solve ?? greedySolver,
  }
}

/** `apply`'s task for one layer of a plan. */
export function taskOf(
  plan: { form: ModelForm | null; decisions: unknown[]; parameters: Record<string, unknown> },
  layer: number,
): LayerTask {
  const form = plan.form?.layers[layer]
  if (form === undefined) throw new Error(`the plan has no form for layer ${layer}`)
  return {
    form,
    decision: plan.decisions[layer],
    parameters: plan.parameters,
    seed: 1,
    onProgress: () => undefined,
    onLearning: () => undefined,
    checkpoints: { load: async () => null, save: async () => undefined },
  }
}
