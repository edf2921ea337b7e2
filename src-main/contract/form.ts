/**
 * How the matrices of a layer lie in an exported safetensors folder, when not as plain tensors. A form is data: the plan states it, the
 * writer and the reader follow it, and the exported config.json carries it (key `whittle`) for the Python modeling file.
 */
import * as z from 'zod'

/** Widths a packed matrix may have. 1 bit is a sign and a scale, the others a code, a scale and a zero point. */
export const PACKED_BITS = [1, 2, 3, 4, 5, 6, 8] as const

/**
 * Integer codes in the GPTQ layout: 32-bit words along the input dimension, one scale and one zero point per group and row.
 * value = (code - zero) * scale; with 1 bit (2 code - 1) * scale.
 */
export const PackedForm = z.object({
  kind: z.literal('packed'),
  /** Input columns that share a scale. */
  groupSize: z.int().positive(),
  /** Width of each matrix: one number per expert, or a single one for a matrix that exists once. */
  bits: z.array(z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5), z.literal(6), z.literal(8)])).min(1),
})
export type PackedForm = z.infer<typeof PackedForm>

/** The correction kept beside a factorization: C_e P with P shared by the projection. */
export const ResidualForm = z.discriminatedUnion('kind', [
  /** P selects columns of the matrix: one index each. */
  z.object({ kind: z.literal('columns'), columns: z.int().positive(), bits: z.union([z.literal(8), z.literal(16)]) }),
  /**
   * P (rows, in) has `nonzeros` entries +-1/sqrt(nonzeros) in each row, drawn from `seed` by `signedProjection` of
   * forms/sparse-projection.ts.
   */
  z.object({
    kind: z.literal('signs'),
    rows: z.int().positive(),
    nonzeros: z.int().positive(),
    seed: z.int().min(0),
    bits: z.union([z.literal(8), z.literal(16)]),
  }),
])
export type ResidualForm = z.infer<typeof ResidualForm>

/**
 * Factors shared by the experts of a projection:
 *
 *   W_e = [S] + A_e f(M_e) + [C_e P]        M_e = sum_j alpha_ej B_j, or the one basis B_j that is the expert's
 *
 * A_e: left factor (out, r); B_j: basis (r_j, in); S: matrix shared by all experts (out, in); f: activation. With `transposed` all of it
 * stands for the transpose of W_e.
 */
export const FactoredForm = z.object({
  kind: z.literal('factored'),
  transposed: z.boolean(),
  activation: z.enum(['none', 'silu', 'tanh']),
  /** Rank of each basis; equal when the bases are mixed. 0: the basis is empty and A_e f(M_e) is zero. */
  ranks: z.array(z.int().min(0)).min(1),
  /** Index of each expert's basis; null: every expert mixes all of them by a tensor `mix` (experts, bases). */
  basisOf: z.array(z.int().min(0)).nullable(),
  /** Index of each expert's left factor; null: one each, in order. */
  leftOf: z.array(z.int().min(0)).nullable(),
  /** Whether a matrix shared by all experts is added. */
  shared: z.boolean(),
  residual: ResidualForm.nullable(),
})
export type FactoredForm = z.infer<typeof FactoredForm>

export const ProjectionForm = z.discriminatedUnion('kind', [PackedForm, FactoredForm])
export type ProjectionForm = z.infer<typeof ProjectionForm>

/** Forms by role of one layer. Roles left out are plain tensors in the source's own type. */
export const LayerForm = z.partialRecord(
  z.enum(['query', 'key', 'value', 'attentionOutput', 'expertGate', 'expertUp', 'expertDown']),
  ProjectionForm,
)
export type LayerForm = z.infer<typeof LayerForm>

/**
 * Experts a token may skip at run time (online dynamic pruning of MC, arXiv 2410.06270): of the k chosen, gates sorted, the smallest
 * prefix whose gates sum to at least `keep[layer]` of the total is kept, except for protected tokens.
 */
export const PruningForm = z.object({
  /** tau per layer, 0..1; 1 keeps every expert. */
  keep: z.array(z.number().min(0).max(1)).min(1),
  /** Share of the tokens of a sequence that keep all their experts, by importance ||t||_1 x mean attention received. */
  protectedShare: z.number().min(0).max(1),
})
export type PruningForm = z.infer<typeof PruningForm>

/** What an exported folder's config.json says under `whittle`. */
export const ModelForm = z.object({ version: z.literal(1), layers: z.array(LayerForm), pruning: PruningForm.nullable() })
export type ModelForm = z.infer<typeof ModelForm>
