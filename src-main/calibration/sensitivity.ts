import type { ModelShape } from '../architectures/architecture.ts'
import { eachLayer, weightsPassed } from '../architectures/sizes.ts'
import type { Forward } from '../forward/forward.ts'
import type { Kernels } from '../kernels/kernels.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { storableType } from '../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { costAt, fitDivergence } from './divergence-fit.ts'
import type { DivergenceCurve, DivergencePoint } from './divergence-fit.ts'
import type { EncodeErrors } from './encode-errors.ts'
import type { ErrorTable } from './error-table.ts'
import { importanceFor } from './importance.ts'
import { openProbe } from './probe-divergence.ts'
import { typicalCurve } from './typical-curves.ts'
import { replaceTensor } from './replace-tensor.ts'
import { roundedTensor } from './rounded-tensor.ts'
import type { ModelStatistics } from './statistics.ts'
import { sourcesOf, storedTensors } from './stored-tensors.ts'
import type { StoredTensor } from './stored-tensors.ts'

export interface SensitivityInput {
  readonly forward: Forward
  readonly model: MoeModel
  readonly statistics: ModelStatistics
  readonly kernels: Kernels
  /** Calibration text; only as many windows as `tokens` needs are used. */
  readonly windows: readonly Int32Array[]
  readonly errors: EncodeErrors
}

export interface SensitivityOptions {
  /** Types each tensor is really run with; the others follow the curve through them. */
  readonly probes?: readonly GgmlTypeName[]
  /** Calibration tokens each probe runs over. */
  readonly tokens?: number
  /** Most multiply-adds x 2 to spend on probes; beyond, error power decides alone. */
  readonly mostWork?: number
  readonly signal?: AbortSignal | undefined
  /** `done` of `total` probes. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Types every tensor is probed as, and the tokens a probe runs over. */
export const PROBES: readonly GgmlTypeName[] = ['Q2_K', 'Q4_K']
export const PROBE_TOKENS = 2048
const MOST_WORK = 6e12

/**
 * Turns error power into predicted KL divergence. Where the model is small enough, each tensor is stored coarsely, alone, and the
 * divergence of the whole model measured ('measured-kl'); else the power relative to the residual stream decides ('output-power'). Throws
 * what `Forward.runLayer` throws.
 */
export async function predictDivergence(input: SensitivityInput, options: SensitivityOptions = {}): Promise<ErrorTable> {
  const tensors = storedTensors(input.model).filter((tensor) => !tensor.keptInF32)
  const probes = options.probes ?? PROBES
  const windows = spread(input.windows, options.tokens ?? PROBE_TOKENS)
  if (probeWork(input.model.shape, tensors, windows) * probes.length > (options.mostWork ?? MOST_WORK))
    return fromPower(tensors, input.errors)
  const curves = await measureCurves(input, tensors, windows, probes, options)
  return { sensitivity: 'measured-kl', tensors: predictAll(tensors, input.errors, (tensor) => curves.get(tensor.name) as DivergenceCurve) }
}

/** Multiply-adds x 2 that {@link predictDivergence} spends on probes by default; 0 where the model is too large for them. */
export function probeFlops(shape: ModelShape, tensors: readonly StoredTensor[], calibrationTokens: number): number {
  const work = workOver(shape, tensors, Math.min(PROBE_TOKENS, calibrationTokens)) * PROBES.length
  return work > MOST_WORK ? 0 : work
}

function predictAll(
  tensors: readonly StoredTensor[],
  errors: EncodeErrors,
  curveOf: (tensor: StoredTensor) => DivergenceCurve,
): ErrorTable['tensors'] {
  return Object.fromEntries(
    tensors.map((tensor) => {
      const predicted = Object.entries(errors[tensor.name] ?? {}).map(([type, power]) => [type, costAt(curveOf(tensor), power)])
      return [tensor.name, Object.fromEntries(predicted)]
    }),
  )
}

async function measureCurves(
  input: SensitivityInput,
  tensors: readonly StoredTensor[],
  windows: readonly Int32Array[],
  probes: readonly GgmlTypeName[],
  options: SensitivityOptions,
): Promise<Map<string, DivergenceCurve>> {
  const curves = new Map<string, DivergenceCurve>()
  const probe = await openProbe(input.forward, input.model, windows, options.signal)
  try {
    for (const [index, tensor] of tensors.entries()) {
      const points: DivergencePoint[] = []
      for (const type of new Set(probes.map((one) => storableType(one, tensor.columns)))) {
        options.signal?.throwIfAborted()
        const power = input.errors[tensor.name]?.[type]
        if (power === undefined) continue
        const changed = replaceTensor(input.model, tensor, storedAs(input, tensor, type))
        points.push({ power, divergence: await probe.measure(changed, tensor, windows, options.signal) })
      }
      curves.set(tensor.name, fitDivergence(points))
      options.onProgress?.(index + 1, tensors.length)
    }
    return curves
  } finally {
    probe.close()
  }
}

/** The tensor after a round trip through `type`, encoded as the file would have it. */
function storedAs({ model, statistics, kernels }: SensitivityInput, tensor: StoredTensor, type: GgmlTypeName): LazyTensor[] {
  return sourcesOf(model, tensor).map((source, expert) => {
    return roundedTensor(source, { kernels, type, importance: importanceFor(statistics, tensor, expert) })
  })
}

/** At most `tokens` tokens of whole windows, taken evenly from the text. */
export function spread(windows: readonly Int32Array[], tokens: number): Int32Array[] {
  const each = windows[0]?.length ?? 1
  const count = Math.min(windows.length, Math.max(1, Math.floor(tokens / each)))
  return Array.from({ length: count }, (_, index) => windows[Math.floor((index * windows.length) / count)] as Int32Array)
}

/** Multiply-adds x 2 of one probe of every tensor over `windows`. */
function probeWork(shape: ModelShape, tensors: readonly StoredTensor[], windows: readonly Int32Array[]): number {
  return workOver(
    shape,
    tensors,
    windows.reduce((sum, window) => sum + window.length, 0),
  )
}

/** The same over so many tokens: the layers from the tensor's own on, and the output matrix. */
function workOver(shape: ModelShape, tensors: readonly StoredTensor[], tokens: number): number {
  const passed = eachLayer(shape).map((layer) => weightsPassed(shape, layer))
  const fromLayer = passed.map((_, first) =>
    passed.slice(first).reduce((sum, { attention, feedForward }) => sum + attention + feedForward, 0),
  )
  const runs = tensors.reduce((sum, tensor) => sum + (fromLayer[tensor.layer ?? 0] ?? 0), 0)
  return 2 * tokens * (runs + tensors.length * shape.hidden * shape.vocabulary)
}

/** Without measurements: the curve typical of the tensor's role. */
function fromPower(tensors: readonly StoredTensor[], errors: EncodeErrors): ErrorTable {
  return { sensitivity: 'output-power', tensors: predictAll(tensors, errors, (tensor) => typicalCurve(tensor.role)) }
}
