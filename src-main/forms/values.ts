import type { LayerForm } from '../contract/form.ts'

/** One matrix as codes; see PackedForm in contract/form.ts. */
export interface PackedMatrix {
  readonly codes: Uint8Array // (out, in)
  readonly scales: Float32Array // (out, in / groupSize), values a half-precision number can hold
  readonly zeros: Uint8Array // (out, in / groupSize); empty with 1 bit
}

/** All matrices of a projection as factors; see FactoredForm in contract/form.ts. Sizes are those of the (transposed) matrix. */
export interface FactoredMatrices {
  readonly left: readonly Float32Array[] // (out, r) each
  readonly bases: readonly Float32Array[] // (r_j, in) each
  readonly mix: Float32Array | null // (experts, bases)
  readonly shared: Float32Array | null // (out, in)
  /** Column numbers of a 'columns' residual, rising. */
  readonly columns: Int32Array | null
  readonly corrections: readonly Float32Array[] // C_e (out, columns or rows of P) each; empty without a residual
}

/** The values of a projection, in the form the plan gave it. */
export type ProjectionValues =
  | { readonly kind: 'packed'; readonly matrices: readonly PackedMatrix[] }
  | { readonly kind: 'factored'; readonly factors: FactoredMatrices }

/** A layer's values by role; roles that stay plain are left out. */
export type LayerValues = Partial<Record<keyof LayerForm, ProjectionValues>>
