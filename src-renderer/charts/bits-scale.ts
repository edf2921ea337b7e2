/** A step of the color scale for how finely something is stored. */
export interface BitsStep {
  /** From this many bits per weight on. */
  readonly from: number
  readonly id: string
}

/** Many bits to few; a step is chosen by the stored bits, so any type of any format finds its color. */
export const BITS_STEPS: readonly BitsStep[] = [
  { from: 12, id: 'bits-16' },
  { from: 7.5, id: 'bits-8' },
  { from: 6, id: 'bits-6' },
  { from: 5, id: 'bits-5' },
  { from: 4, id: 'bits-4' },
  { from: 3, id: 'bits-3' },
  { from: 2, id: 'bits-2' },
  { from: 0, id: 'bits-1' },
]

/** The step of something stored in `bytes` for `weights` numbers. */
export function bitsStep(bytes: number, weights: number): BitsStep {
  const bits = (bytes * 8) / Math.max(1, weights)
  return BITS_STEPS.find((step) => bits >= step.from) ?? (BITS_STEPS[BITS_STEPS.length - 1] as BitsStep)
}
