import type { GgmlTypeName } from '../../tensor/ggml-type.ts'
import type { AffineLayout, SymmetricLayout } from './fields.ts'
import { q2_k } from './q2_k.ts'
import { q3_k } from './q3_k.ts'
import { q4_0 } from './q4_0.ts'
import { q4_k } from './q4_k.ts'
import { q5_k } from './q5_k.ts'
import { q6_k } from './q6_k.ts'
import { q8_0 } from './q8_0.ts'

/** Types whose sub-blocks have a scale and a minimum. */
export const AFFINE_LAYOUTS: Partial<Record<GgmlTypeName, AffineLayout>> = { Q5_K: q5_k, Q4_K: q4_k, Q2_K: q2_k }

/** Types whose sub-blocks have a signed scale. */
export const SYMMETRIC_LAYOUTS: Partial<Record<GgmlTypeName, SymmetricLayout>> = { Q8_0: q8_0, Q6_K: q6_k, Q4_0: q4_0, Q3_K: q3_k }
