import type { ComputeSession } from '../../src-main/compute/session.ts'
import type { MobeMath } from '../../src-main/factors/mobe/passes.ts'
import type { MobeProblem, MobeShape } from '../../src-main/factors/mobe/problem.ts'
import { referenceAlgebra } from '../../src-main/kernels/linear-algebra/reference.ts'
import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'

/** Small enough for a test, with every size different. */
export const SMALL: MobeShape = { experts: 8, rows: 12, columns: 32, bases: 4, rank: 10, groups: 1, activation: 'silu' }

/** What solvers compute with, on the session's device. */
export function mobeMath(compute: ComputeSession): MobeMath {
  return { compute, algebra: referenceAlgebra }
}

export function normals(seed: number, count: number, scale = 1): Float32Array {
  const next = normalFrom(seededRandom(seed))
  return Float32Array.from({ length: count }, () => scale * next())
}

/**
 * Seeded weights with the structure of experts: row directions that all share, those of `families` of which every expert mixes
 * a few, and its own; each with a falling spectrum. Like weights of a checkpoint they have a spread of about 0.02.
 */
export function structuredWeights(
  { experts, rows, columns }: MobeShape,
  seed = 1,
  families = Math.max(2, Math.round(experts / 4)),
): Float32Array[] {
  const directions = Math.max(1, Math.round(rows / 2))
  const next = normalFrom(seededRandom(seed))
  const uniform = seededRandom(seed + 1)
  const matrix = (height: number): Float32Array => Float32Array.from({ length: height * columns }, next)
  const shared = matrix(directions)
  const own = Array.from({ length: families }, () => matrix(directions))
  return Array.from({ length: experts }, () => {
    const weights = matrix(rows).map((value) => 0.01 * value)
    const shares = own.map(() => uniform() ** 3)
    const whole = Math.hypot(...shares)
    const add = (source: Float32Array, amplitude: number): void => {
      for (let i = 0; i < rows; i++) {
        for (let k = 0; k < directions; k++) {
          const factor = (0.02 * amplitude * next()) / Math.sqrt(directions * (1 + (8 * k) / directions))
          for (let j = 0; j < columns; j++)
            weights[i * columns + j] = (weights[i * columns + j] as number) + factor * (source[k * columns + j] as number)
        }
      }
    }
    add(shared, 0.8)
    for (const [f, source] of own.entries()) add(source, (1.2 * (shares[f] as number)) / whole)
    return weights
  })
}

/** The problem of factoring `weights`. */
export function problemOf(shape: MobeShape, weights: readonly Float32Array[], columnWeights: Float32Array | null = null): MobeProblem {
  return {
    shape,
    columnWeights,
    seed: 1,
    weights: (expert) => {
      const matrix = weights[expert]
      return matrix === undefined ? Promise.reject(new RangeError(`no expert ${expert}`)) : Promise.resolve(matrix)
    },
  }
}
