import * as z from 'zod'
import { fillUnmeasured } from '../../../allocation/pmq-cost.ts'
import type { ExpertSignificance, FilledLayer } from '../../../allocation/pmq-cost.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { ModelStatistics } from '../../../calibration/statistics.ts'

/** Errors by width in bits, or by ggml type. */
const Errors = z.record(z.string(), z.number().min(0))

/** Who is used how much in a layer. */
const Usage = {
  tokens: z.int().min(0),
  /** phi and w of each expert. */
  frequency: z.array(z.number().min(0)),
  weight: z.array(z.number()),
  /** Matrices whose Hessian could not be factored, and which are rounded to the nearest. */
  unfactored: z.int().min(0),
}

/** What skipping experts at run time needs to know of a layer. */
const Skipping = z.object({
  /** Prefix shares of the gates, rising, thinned out; see LayerGates of calibration/pruning-thresholds.ts. */
  shares: z.array(z.number()),
  sensitivity: z.number().min(0),
})

/** What `mc` measures of a layer before it plans a folder. */
export const WidthMeasurement = z.object({
  ...Usage,
  /** eps and ||W - Q(W)||_F of each expert, by width; no eps for experts without tokens. */
  errors: z.array(Errors),
  weightErrors: z.array(Errors),
  skipping: Skipping.nullable(),
})
export type WidthMeasurement = z.infer<typeof WidthMeasurement>

/** What `mc` measures of a layer before it plans a GGUF file: the same for each projection alone, by ggml type. */
export const TypeMeasurement = z.object({
  ...Usage,
  projections: z.record(
    z.enum(['expertGate', 'expertUp', 'expertDown']),
    z.object({ errors: z.array(Errors), weightErrors: z.array(Errors) }),
  ),
})
export type TypeMeasurement = z.infer<typeof TypeMeasurement>

/** phi_e = n_e / N and w_e = (sum of gates) / N of a layer. */
export function usageOf(layer: LayerAtHand): { tokens: number; frequency: number[]; weight: number[] } {
  const { tokens } = layer
  const gates = Array.from({ length: layer.shape.experts }, (_, expert) => layer.gatesOf(expert))
  const overTokens = (sum: number): number => (tokens === 0 ? 0 : sum / tokens)
  return {
    tokens,
    frequency: gates.map((own) => overTokens(own.length)),
    weight: gates.map((own) => overTokens(own.reduce((sum, gate) => sum + gate, 0))),
  }
}

/** Errors of each expert under the numbers the programs know widths or types by. */
export interface ErrorsByNumber {
  readonly errors: readonly Readonly<Record<number, number>>[]
  readonly weightErrors: readonly Readonly<Record<number, number>>[]
}

/** The layer's experts as the programs take them, errors of unseen ones filled in. */
export function significanceOf(
  usage: { tokens: number; frequency: readonly number[]; weight: readonly number[] },
  found: ErrorsByNumber,
  numbers: readonly number[],
): FilledLayer {
  const experts = usage.frequency.map((frequency, e): ExpertSignificance => ({
    frequency,
    weight: usage.weight[e] ?? 0,
    errors: found.errors[e] ?? {},
  }))
  return fillUnmeasured(experts, found.weightErrors, numbers, usage.tokens)
}

/**
 * What a layer's objective is multiplied by where layers share a budget: (N P_l)^(-gamma/2), N: tokens, P_l: mean ||.||^2 of the residual
 * stream after the layer, so that errors count relative to the stream they fall into. 1 where that was not measured.
 */
export function layerSensitivity(statistics: ModelStatistics, layers: readonly { readonly tokens: number }[], gamma: number): number[] {
  return layers.map(({ tokens }, index) => {
    const power = statistics.layers[index]?.residualPower ?? 0
    return power > 0 && tokens > 0 ? (tokens * power) ** (-gamma / 2) : 1
  })
}
