import type { GgmlTypeName } from '../../tensor/ggml-type.ts'

/** Evenly spaced starting points: first, first + step, ... */
export interface Sweep {
  readonly first: number
  readonly step: number
  readonly count: number
}

/** How hard the search for an affine block tries. */
export interface AffineEffort {
  /** Codes cut off below the smallest and above the largest weight of a sub-block; negative = room left. */
  readonly low: Sweep
  readonly high: Sweep
  /** Stored sub-block scales and minimums tried on either side of the best guess. */
  readonly scaleReach: number
  readonly minimumReach: number
  /** Divisors tried for the super-block's scale and minimum, from scaleMax + 1 downward. */
  readonly divisors: number
}

/** How hard the search for a symmetric block tries. */
export interface SymmetricEffort {
  /** The code the largest weight is brought to. */
  readonly reach: Sweep
  /** Whether the largest weight is also tried at the other end of the codes. */
  readonly bothSigns: boolean
  readonly scaleReach: number
  readonly divisors: number
  /** Whether the block's scale is fitted again to the codes found. */
  readonly refit: boolean
}

const fifteenSteps: Sweep = { first: -0.9, step: 0.55, count: 6 }
const thirtyOneSteps: Sweep = { first: -0.8, step: 0.6, count: 6 }

/**
 * Measured on Gaussian, heavy-tailed, outlier and trained rows with log-normal importance: twice the effort lowers the error by
 * another 0.5 to 3 %, half of it costs about as much. The native kernels hold the same numbers (native-kernels/search.cpp);
 * test/kernels/native.test.ts compares the bytes.
 */
export const AFFINE_EFFORT: Partial<Record<GgmlTypeName, AffineEffort>> = {
  Q5_K: { low: thirtyOneSteps, high: thirtyOneSteps, scaleReach: 3, minimumReach: 1, divisors: 12 },
  Q4_K: { low: fifteenSteps, high: fifteenSteps, scaleReach: 2, minimumReach: 1, divisors: 12 },
  Q2_K: {
    low: { first: -0.4, step: 0.28, count: 5 },
    high: { first: -0.5, step: 0.23, count: 7 },
    scaleReach: 1,
    minimumReach: 1,
    divisors: 12,
  },
}

/** See {@link AFFINE_EFFORT}. */
export const SYMMETRIC_EFFORT: Partial<Record<GgmlTypeName, SymmetricEffort>> = {
  Q8_0: { reach: { first: 110, step: 2, count: 9 }, bothSigns: false, scaleReach: 0, divisors: 0, refit: false },
  Q6_K: { reach: { first: 22, step: 0.45, count: 24 }, bothSigns: false, scaleReach: 2, divisors: 12, refit: true },
  Q4_0: { reach: { first: 6, step: 0.25, count: 16 }, bothSigns: true, scaleReach: 0, divisors: 0, refit: true },
  Q3_K: { reach: { first: 2, step: 0.25, count: 16 }, bothSigns: true, scaleReach: 2, divisors: 12, refit: true },
}
