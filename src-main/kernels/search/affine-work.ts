import type { AffineLayout } from '../blocks/fields.ts'
import type { AffineEffort } from './effort.ts'
import type { BlockScale } from './single.ts'

/** What the affine search knows of one block; every array but the first two is (sub-blocks). */
export interface AffineWork {
  readonly layout: AffineLayout
  readonly effort: AffineEffort
  readonly scale: BlockScale
  /** (block) normalized weights and importances. */
  readonly x: Float32Array
  readonly importance: Float32Array
  /** sum v, sum v x, sum v x^2. */
  readonly mass: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
  /** The best step and minimum of each sub-block alone. */
  readonly step: Float32Array
  readonly minimum: Float32Array
  /** sum v q and sum v q^2 of the codes that step and minimum, or the block's fields, give. */
  readonly codeSum: Float32Array
  readonly codeSquares: Float32Array
  /** Stored scales and minimums of the best block so far and of the one under trial, and their errors. */
  readonly scales: Float32Array
  readonly minimums: Float32Array
  readonly errors: Float32Array
  readonly trialScales: Float32Array
  readonly trialMinimums: Float32Array
  readonly trialErrors: Float32Array
}

/** Room for one block of `layout`. */
export function affineWork(layout: AffineLayout, effort: AffineEffort): AffineWork {
  const size = layout.subBlocks * layout.subSize
  const perSubBlock = (): Float32Array => new Float32Array(layout.subBlocks)
  return {
    layout,
    effort,
    scale: { up: 1, down: 1 },
    x: new Float32Array(size),
    importance: new Float32Array(size),
    mass: perSubBlock(),
    first: perSubBlock(),
    second: perSubBlock(),
    step: perSubBlock(),
    minimum: perSubBlock(),
    codeSum: perSubBlock(),
    codeSquares: perSubBlock(),
    scales: perSubBlock(),
    minimums: perSubBlock(),
    errors: perSubBlock(),
    trialScales: perSubBlock(),
    trialMinimums: perSubBlock(),
    trialErrors: perSubBlock(),
  }
}

/** sum v q, sum v q^2 and sum v q x of one sub-block. */
export type CodeSums = [sum: number, squares: number, products: number]
