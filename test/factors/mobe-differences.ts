import { hostTensor } from '../../src-main/compute/tensor-handle.ts'
import type { ComputeSession } from '../../src-main/compute/session.ts'
import { openLayer } from '../../src-main/factors/mobe/layer.ts'
import { jointPass, reducedPass, solveLefts } from '../../src-main/factors/mobe/passes.ts'
import type { Activation, MobeShape } from '../../src-main/factors/mobe/problem.ts'
import { mobeMath, normals, problemOf } from './mobe-layer.ts'

/** Sizes without chance of confusing one with another. */
const SHAPE = { experts: 3, rows: 6, columns: 7, bases: 2, rank: 5, groups: 1 } as const
const COLUMN_WEIGHTS = Float32Array.from({ length: SHAPE.columns }, (_, j) => 0.3 + j * j)
/** Of the central differences, in float64. */
const STEP = 1e-5

const ACTIVATE: Record<Activation, (z: number) => number> = { silu: (z) => z / (1 + Math.exp(-z)), tanh: Math.tanh, none: (z) => z }

/** The loss in float64, written without any of the code under test. */
function meanSquare(
  shape: MobeShape,
  targets: readonly Float64Array[],
  column: Float32Array,
  lefts: readonly Float64Array[],
  mix: Float64Array,
  bases: Float64Array,
): number {
  const { rows, columns, rank, bases: count } = shape
  let sum = 0
  for (const [e, target] of targets.entries()) {
    const left = lefts[e] as Float64Array
    for (let j = 0; j < columns; j++) {
      const span = Float64Array.from({ length: rank }, (_, k) => {
        let z = 0
        for (let b = 0; b < count; b++) z += (mix[e * count + b] as number) * (bases[(b * rank + k) * columns + j] as number)
        return ACTIVATE[shape.activation](z) * (column[j] as number)
      })
      for (let i = 0; i < rows; i++)
        sum += span.reduce((rest, value, k) => rest + (left[i * rank + k] as number) * value, -(target[i * columns + j] as number)) ** 2
    }
  }
  return sum / (targets.length * rows * columns)
}

/** Largest difference of `found` from central differences of `loss` along `x`, against 1 + |difference|. */
function worst(loss: () => number, x: Float64Array, found: ArrayLike<number>): number {
  return Math.max(
    ...Array.from(x, (value, i) => {
      x[i] = value + STEP
      const above = loss()
      x[i] = value - STEP
      const below = loss()
      x[i] = value
      const wanted = (above - below) / (2 * STEP)
      return Math.abs(wanted - (found[i] as number)) / (1 + Math.abs(wanted))
    }),
  )
}

/**
 * How far the gradients are from central differences: of A, alpha, B jointly, and of alpha and B where A is solved for
 * (`reduced...`: there the differences are taken at the solved A, where its own derivative is 0).
 */
export async function gradientErrors(compute: ComputeSession, activation: Activation): Promise<Record<string, number>> {
  const shape: MobeShape = { ...SHAPE, activation }
  const math = mobeMath(compute)
  const { experts, rows, columns, rank, bases: count } = shape
  const layer = await openLayer(
    compute,
    problemOf(
      shape,
      Array.from({ length: experts }, (_, e) => normals(e, rows * columns)),
      COLUMN_WEIGHTS,
    ),
  )
  const [mix, bases] = [normals(20, experts * count), normals(21, count * rank * columns)]
  const members = { experts: [0, 1, 2], mix, bases: await compute.upload(hostTensor(bases, [count, rank * columns])) }
  const targets = await Promise.all(layer.targets.map(async (target) => Float64Array.from((await compute.download(target)).data)))
  const wide = { mix: Float64Array.from(mix), bases: Float64Array.from(bases) }
  const compare = async (lefts: readonly Float32Array[]) => {
    const wideLefts = lefts.map((left) => Float64Array.from(left))
    return { wideLefts, loss: () => meanSquare(shape, targets, layer.column, wideLefts, wide.mix, wide.bases) }
  }
  const errors: Record<string, number> = {}
  const given = Array.from({ length: experts }, (_, e) => normals(30 + e, rows * rank))
  const joint = await jointPass(
    math,
    layer,
    members,
    await Promise.all(given.map((left) => compute.upload(hostTensor(left, [rows, rank])))),
  )
  const at = await compare(given)
  errors['mix'] = worst(at.loss, wide.mix, joint.mix)
  errors['bases'] = worst(at.loss, wide.bases, (await compute.download(joint.bases)).data)
  for (const [e, left] of at.wideLefts.entries())
    errors[`left${e}`] = worst(at.loss, left, (await compute.download(joint.lefts[e] ?? joint.bases)).data)
  const reduced = await reducedPass(math, layer, members)
  const solved = await compare(await solveLefts(math, layer, members))
  errors['reducedMix'] = worst(solved.loss, wide.mix, reduced.mix)
  errors['reducedBases'] = worst(solved.loss, wide.bases, (await compute.download(reduced.bases)).data)
  for (const [e, left] of solved.wideLefts.entries()) errors[`stationary${e}`] = worst(solved.loss, left, new Float32Array(left.length))
  const sum = reduced.losses.reduce((total, own) => total + own, 0) / (experts * rows * columns)
  errors['reducedLoss'] = Math.abs(sum - solved.loss()) / solved.loss()
  for (const tensor of [members.bases, joint.bases, ...joint.lefts, reduced.bases]) tensor.dispose()
  layer.dispose()
  return errors
}
