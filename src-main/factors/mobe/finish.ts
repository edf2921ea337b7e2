import type { Layer } from './layer.ts'
import { readExpert } from './layer.ts'
import type { MobeMath } from './passes.ts'
import type { LearnResult, MobeFactors, MobeProblem } from './problem.ts'
import { rebuildExpert } from './rebuild.ts'
import { expertWork } from './work.ts'

/** What a solver ends with, in the layer's own numbering: A still in units of the layer's spread. */
export interface LearnedFactors {
  readonly left: readonly Float32Array[]
  readonly mix: Float32Array
  readonly bases: readonly Float32Array[]
  readonly flops: number
  readonly steps: number
}

const ratio = (error: number, energy: number): number => (error === 0 ? 0 : Math.sqrt(error / energy))

/** Folds the spread into A and measures what the factors give back against the weights, read once more, in float64. */
export async function finishFactors(
  { compute }: MobeMath,
  problem: MobeProblem,
  layer: Layer,
  learned: LearnedFactors,
): Promise<LearnResult> {
  const { shape } = problem
  const factors: MobeFactors = {
    left: learned.left.map((matrix) => matrix.map((value) => value * layer.spread)),
    mix: learned.mix,
    bases: learned.bases,
  }
  const perExpertError = new Float64Array(shape.experts)
  let [error, energy, weightedError, weightedEnergy] = [0, 0, 0, 0]
  for (let e = 0; e < shape.experts; e++) {
    const wanted = await readExpert(problem, e)
    const found = await rebuildExpert(compute, shape, factors, e)
    let [own, whole] = [0, 0]
    wanted.forEach((value, i) => {
      const square = (value - (found[i] as number)) ** 2
      const weight = (layer.column[i % shape.columns] as number) ** 2
      own += square
      whole += value * value
      weightedError += weight * square
      weightedEnergy += weight * value * value
    })
    perExpertError[e] = ratio(own, whole)
    error += own
    energy += whole
  }
  return {
    factors,
    perExpertError,
    relativeError: ratio(error, energy),
    weightedError: ratio(weightedError, weightedEnergy),
    flops: learned.flops + shape.experts * expertWork(shape).rebuild,
    steps: learned.steps,
  }
}
