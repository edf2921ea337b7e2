import * as z from 'zod'
import { ErrorShape } from './error-shape.ts'

/** Where a predicted quality comes from: this model's own calibration, or models like it that were measured. */
export const CurveBasis = z.enum(['measured', 'typical'])

/** One possible size and what it is expected to lose: KL divergence, nats per token. */
export const CurvePoint = z.object({ fileBytes: z.int(), bitsPerWeight: z.number(), klDivergence: z.number() })
export type CurvePoint = z.infer<typeof CurvePoint>

/** Size against quality of one model under one method. Points by rising size. */
export const QualityCurve = z.object({
  basis: CurveBasis.nullable(),
  points: z.array(CurvePoint),
  /**
   * Three named sizes: the smallest that is still of use, the best trade, and one where nothing is noticed; none where there are no points.
   */
  stops: z.object({ small: CurvePoint, balanced: CurvePoint, careful: CurvePoint }).nullable(),
})
export type QualityCurve = z.infer<typeof QualityCurve>

/** Whether a method can serve a recipe, and what it is expected to give. What is not known is null. */
export const MethodFit = z.object({
  method: z.string(),
  /** Why it cannot; null when it can. */
  obstacle: ErrorShape.nullable(),
  fileBytes: z.int().nullable(),
  klDivergence: z.object({ low: z.number(), high: z.number(), basis: CurveBasis }).nullable(),
  seconds: z.object({ low: z.number(), high: z.number() }).nullable(),
})
export type MethodFit = z.infer<typeof MethodFit>

/** Memory a finished model takes on a card at one context length, bytes. */
export const MemoryUse = z.object({
  contextTokens: z.int(),
  weightsBytes: z.int(),
  kvCacheBytes: z.int(),
  computeBytes: z.int(),
  totalBytes: z.int(),
})
export type MemoryUse = z.infer<typeof MemoryUse>

/** The text a recipe would calibrate and judge on, before anything is measured. */
export const TextPreview = z.object({
  /** Tokens there are (counted where the text is short, else estimated from the part read), and tokens the recipe will use. */
  calibration: z.object({ source: z.string(), tokens: z.int(), used: z.int() }),
  heldOut: z.object({ source: z.string(), tokens: z.int(), used: z.int() }),
  /** The first window as the model will read it. */
  sample: z.string(),
  /** A two-turn chat in the model's own template; null without one. */
  chat: z.string().nullable(),
  /** Languages or kinds of text are not guessed; what is wrong is said: too little text, overlap. */
  problems: z.array(ErrorShape),
})
export type TextPreview = z.infer<typeof TextPreview>
