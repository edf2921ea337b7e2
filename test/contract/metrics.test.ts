import { expect, test } from 'vitest'
import { METRICS } from '../../src-main/contract/metrics.ts'
import { report } from '../store/example.ts'

const like = report('/o.gguf')
const lossless = {
  ...like,
  quality: {
    ...like.quality,
    perplexity: { original: 7, shrunk: 7 },
    klDivergence: { mean: 0, standardError: 0, p99: 0 },
    topOneAgreement: 1,
    esap: 1,
  },
}

test.each(Object.entries(METRICS))('%s is a number of every report, and what the original has where it judges', (_id, metric) => {
  expect(Number.isFinite(metric.of(like))).toBe(true)
  if (!('judges' in metric)) return
  expect(metric.of(lossless)).toBe(metric.judges.lossless)
  const gap = metric.of(like) - metric.judges.lossless
  expect(metric.judges.better === 'lower' ? gap : -gap).toBeGreaterThan(0)
})
