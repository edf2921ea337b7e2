import type { SolverState } from './state.ts'

/** f of the model, applied to the mixed bases entry by entry. */
export type Activation = 'silu' | 'tanh' | 'none'

/** The sizes of one layer's projection, transposed where its form says so, and of the factors it is to become. */
export interface MobeShape {
  /** E, experts of the layer. */
  readonly experts: number
  /** I, rows of an expert's matrix. */
  readonly rows: number
  /** H, columns of an expert's matrix. */
  readonly columns: number
  /** m, bases of the layer, all groups together. */
  readonly bases: number
  /** r, rows of a basis. */
  readonly rank: number
  /** Groups of experts: each has E / groups experts and m / groups bases of its own. */
  readonly groups: number
  readonly activation: Activation
}

/** What is learned: W_e ~ A_e f(sum_j alpha_ej B_j), with no scale left outside. */
export interface MobeFactors {
  /** A_e (rows, rank) by expert. */
  readonly left: readonly Float32Array[]
  /** alpha (experts, bases): every row sums to 1 and is 0 outside the expert's group. */
  readonly mix: Float32Array
  /** B_j (rank, columns) by basis; group g has bases g * m / groups and on. */
  readonly bases: readonly Float32Array[]
}

/** One projection of one layer, to be factored. */
export interface MobeProblem {
  readonly shape: MobeShape
  /** W_e (rows, columns); asked for twice per solve, before the first step and after the last: the same numbers each time. */
  weights(expert: number): Promise<Float32Array>
  /** E[x_j^2] (columns) of the layer's inputs: errors are then weighted by its root, column by column; null = all columns alike. */
  readonly columnWeights: Float32Array | null
  /** Where chance starts; same seed, same device, same bytes. */
  readonly seed: number
}

/** How far a solver has come. */
export interface LearnProgress {
  readonly step: number
  /** Floating-point operations so far, multiply and add counted as two. */
  readonly flops: number
  /** Relative Frobenius error of the layer in the norm that is minimised (weighted by column where the problem says so). */
  readonly relativeError: number
}

export interface LearnOptions {
  /** Steps at most; a step sees every expert once. */
  readonly maxSteps: number
  /** Stops before a step that would pass this many floating-point operations. */
  readonly maxFlops?: number
  /** Stops when 20 steps lowered the relative error by less than this part of itself; 0 = never. */
  readonly tolerance?: number
  /** Of Adam; 0.07 as published. The fast solver chooses its own. */
  readonly learningRate?: number
  readonly signal?: AbortSignal
  onStep?(progress: LearnProgress): void
  /** Goes on from here: the bytes at the end are those of a run that was never stopped. */
  readonly resume?: SolverState
  onCheckpoint?(state: SolverState): void | Promise<void>
  /** Steps between checkpoints. */
  readonly checkpointEvery?: number
}

export interface LearnResult {
  readonly factors: MobeFactors
  /** ||W - What||_F / ||W||_F over all experts. */
  readonly relativeError: number
  /** The same with every column weighted by its root input energy; equal to `relativeError` without column weights. */
  readonly weightedError: number
  /** ||W_e - What_e||_F / ||W_e||_F by expert; 0 for an expert of zeros rebuilt as zeros. */
  readonly perExpertError: Float64Array
  /** Floating-point operations of the whole solve, start and solves included. */
  readonly flops: number
  readonly steps: number
}

/**
 * Throws RangeError unless every size is a positive whole number and groups divide experts and bases, with bases <= experts and rank <=
 * columns.
 */
export function checkShape(shape: MobeShape): void {
  const { experts, rows, columns, bases, rank, groups } = shape
  for (const [name, value] of Object.entries({ experts, rows, columns, bases, rank, groups })) {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a whole number from 1 on, not ${value}`)
  }
  if (bases > experts) throw new RangeError(`${bases} bases for ${experts} experts`)
  if (rank > columns) throw new RangeError(`rank ${rank} for ${columns} columns`)
  if (experts % groups !== 0) throw new RangeError(`${experts} experts do not divide into ${groups} groups`)
  if (bases % groups !== 0) throw new RangeError(`${bases} bases do not divide into ${groups} groups`)
}
