import * as z from 'zod'
import { EXPERT_ROLES } from '../../../architectures/parts.ts'
import { rankMultiple } from '../plan/even-ranks.ts'

/** Settings of rfid-moe. */
export const RfidSettings = z.object({
  rankMultiple,
  lambda: z.number().min(0).max(1).default(0.5).describe('Importance of an expert: 1 by how often it is used, 0 by its effective rank'),
  eta: z.number().min(0).max(4).default(1).describe('How strongly importance shifts ranks; 0: not at all'),
  groups: z
    .union([z.literal('auto'), z.int().min(1)])
    .default('auto')
    .describe('Groups of experts that share a basis; auto: what the measured errors ask for, projection by projection'),
  allocation: z
    .enum(['greedy', 'proportional'])
    .default('greedy')
    .describe('Ranks where they lower the error most per byte, or in proportion to importance'),
  residual: z
    .enum(['columns', 'signs', 'none'])
    .default('columns')
    .describe('What is kept of the rest: its projection on chosen columns, on random signs, or nothing'),
  residualBits: z
    .union([z.literal(8), z.literal(16)])
    .default(8)
    .describe('Bits of the kept rest; at 8 it costs half, and counts as half a parameter'),
  residualShare: z
    .union([z.literal('auto'), z.number().min(0).max(0.9)])
    .default('auto')
    .describe('Share of a projection spent on the rest; auto: where it lowers the error most per byte'),
  sweeps: z.int().min(0).max(20).default(2).describe('Rounds of alternating least squares on a shared basis'),
})
export type RfidSettings = z.infer<typeof RfidSettings>

/** One way to share a projection's factors, and what it would lose. */
export const RankCandidate = z.object({
  /** Group of each expert. */
  groups: z.array(z.int().min(0)).min(1),
  /** The factors stand for the transpose: what is shared is the side of the outputs. */
  transposed: z.boolean(),
  /** Ranks the tails are given at: 0, unit, 2 unit, ... */
  unit: z.int().min(1),
  /** Weighted error in the layer's output (energy over all calibration tokens) of each group at each rank. */
  tails: z.array(z.array(z.number())).min(1),
  /** Share of the error that is left with q kept columns or rows of P, at some ranks; null: no residual wanted. */
  residual: z.object({ ranks: z.array(z.int()), widths: z.array(z.int()), left: z.array(z.array(z.number())) }).nullable(),
})
export type RankCandidate = z.infer<typeof RankCandidate>

/** What is measured of a layer. */
export const Measured = z.object({
  /** Fused importance of each expert. */
  importance: z.array(z.number()),
  effectiveRanks: z.array(z.number()),
  /** Weight of each expert's error: the squared gates of all calibration tokens, shared out by importance. */
  weights: z.array(z.number()),
  roles: z.record(z.enum(EXPERT_ROLES), z.array(RankCandidate).min(1)),
})
export type Measured = z.infer<typeof Measured>

/** What is decided for a layer besides its form: the weights of the experts' errors in what they share. */
export const Decision = z.object({ weights: Measured.shape.weights })

/** Ranks, and kept columns or rows, of one projection in one layer. */
export interface RankChoice {
  readonly candidate: RankCandidate
  readonly ranks: readonly number[]
  /** q; 0 = no residual. */
  readonly width: number
  /** Predicted error: as the tails. */
  readonly cost: number
  /** Bytes of the projection in all experts. */
  readonly size: number
}

/** Numbers as they go into stored JSON: six digits are more than they are worth. */
export const short = (value: number): number => Number(value.toPrecision(6))
