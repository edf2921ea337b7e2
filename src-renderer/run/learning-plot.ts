import type { ModelSummary } from '../../src-main/contract/model.ts'
import { meanByExpert, type ExpertValues } from '../charts/expert-map.ts'
import type { Curve, Learning } from '../stores/learning.ts'

/** Curves drawn beside the one being learned. */
const MOST_BEFORE = 12

/** Learning curves as lines in a box of 1 by 1, errors on a logarithmic axis, highest at the top. */
export interface LearningPlot {
  readonly current: { readonly curve: Curve; readonly path: string }
  /** The latest ones before it, oldest first. */
  readonly before: readonly string[]
  readonly lastStep: number
  readonly low: number
  readonly high: number
}

/** The plot of what was learned so far; null before the first step. */
export function learningPlot({ curves, current }: Learning): LearningPlot | null {
  const curve = current === null ? undefined : curves.get(current)
  if (curve === undefined) return null
  const before = [...curves.values()].filter((each) => each !== curve).slice(-MOST_BEFORE)
  const errors = [curve, ...before]
    .flatMap((each) => [...each.points, each.last])
    .map(({ error }) => error)
    .filter((error) => error > 0)
  const high = errors.reduce((most, error) => Math.max(most, error), 1e-12)
  const low = Math.min(
    errors.reduce((least, error) => Math.min(least, error), high),
    high * 0.9,
  )
  const lastStep = [curve, ...before].reduce((most, each) => Math.max(most, each.last.step), 2)
  const path = (each: Curve): string =>
    [...each.points, each.last]
      .map(({ step, error }, index) => {
        const x = (step - 1) / (lastStep - 1)
        const y = Math.log(high / Math.max(error, low)) / Math.log(high / low)
        return `${index === 0 ? 'M' : 'L'}${x.toFixed(4)} ${y.toFixed(4)}`
      })
      .join('')
  return { current: { curve, path: path(curve) }, before: before.map(path), lastStep, low, high }
}

/** The error of each expert so far, the mean of its projections, on a map of the whole model; null before the first. */
export function learnedErrors({ experts }: Learning, model: Pick<ModelSummary, 'layers' | 'experts'> | null): ExpertValues | null {
  return meanByExpert(
    [...experts.values()].map(({ layer, expert, error }) => ({ layer, expert, value: error, weight: 1 })),
    model ?? undefined,
  )
}
