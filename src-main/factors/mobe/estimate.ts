import { fastStartWork } from './fast-start.ts'
import type { MobeShape } from './problem.ts'
import { expertWork, publishedStartWork } from './work.ts'

/** Floating-point operations of `steps` steps of the published schedule on one projection of one layer, all told. */
export function estimateAdam(shape: MobeShape, steps: number): number {
  const { joint, rebuild } = expertWork(shape)
  return publishedStartWork(shape) + shape.experts * (steps * joint + rebuild)
}

/**
 * Floating-point operations of `passes` passes of the fast solver on one projection of one layer, at most: the last two terms are
 * saved where learning got further than the start, once more made otherwise.
 */
export function estimateFast(shape: MobeShape, passes: number): number {
  const { reduced, solve, rebuild } = expertWork(shape)
  const closing = shape.experts * (solve + rebuild)
  return fastStartWork(shape) + shape.experts * (passes + 1) * reduced + closing + fastStartWork(shape) + closing
}
