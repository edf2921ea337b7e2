import { cholesky, invertLower, solveCholesky } from './cholesky.ts'
import { symmetricEigen } from './eigen.ts'
import type { LinearAlgebra } from './linear-algebra.ts'
import { product } from './product.ts'

/** The linear algebra in TypeScript: its definition, and what runs where the addon can't be built. */
export const referenceAlgebra: LinearAlgebra = { cholesky, invertLower, solveCholesky, symmetricEigen, product }
