import { loadNativeKernels } from '../../src-main/kernels/native.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { distance, gramOf, randomMatrix } from './linear-algebra-matrices.ts'

/**
 * Run as a program: prints how far the addon's variant (WHITTLE_KERNELS_VARIANT) is from the reference at most, absolute, for results of
 * size 1.
 */
const { kernels } = loadNativeKernels()
const { algebra } = referenceKernels
const distances =
  kernels === null
    ? [NaN]
    : [3, 66, 150].flatMap((n) => {
        const a = gramOf(randomMatrix(n, 2 * n, n), n, 2 * n, 0.1)
        const l = algebra.cholesky(a, n) ?? new Float64Array(0)
        const b = randomMatrix(n, 3, 1)
        return [
          distance(kernels.algebra.cholesky(a, n) ?? new Float64Array(1), l),
          distance(kernels.algebra.invertLower(l, n), algebra.invertLower(l, n)),
          distance(kernels.algebra.solveCholesky(l, n, b, 3), algebra.solveCholesky(l, n, b, 3)),
          distance(kernels.algebra.product(a, n, n, b, 3), algebra.product(a, n, n, b, 3)),
          distance(kernels.algebra.symmetricEigen(a, n).values, algebra.symmetricEigen(a, n).values),
        ]
      })
console.log(JSON.stringify(Math.max(...distances)))
