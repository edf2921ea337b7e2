import { expect, test } from 'vitest'
import { predictSeconds } from '../../src-main/pipeline/check/predict.ts'
import type { TrialTimes, WholeRun } from '../../src-main/pipeline/check/predict.ts'

const times: TrialTimes = {
  openSeconds: 1,
  passes: { fixed: 2, perToken: 0.001, warmUp: 0.5 },
  trialTokens: 1000,
  statisticsBytes: 1000,
  planSeconds: 4,
  walks: false,
  writeSeconds: 12,
  outsideSeconds: 2,
  learning: null,
  judge: { layersSeconds: 4, headSeconds: 3, tokens: 1000 },
  auditSeconds: 1,
  weights: 1e9,
}
const run: WholeRun = {
  layers: 48,
  weights: 30e9,
  calibrationTokens: 16_000,
  heldOutTokens: 8000,
  measures: false,
  probes: null,
  samples: 0,
  steps: 0,
  verifies: false,
  reusesCalibration: false,
}
const middle = ({ low, high }: { low: number; high: number }): number => Math.sqrt(low * high)

test('a run of many layers is reckoned from one', () => {
  const range = predictSeconds(times, run)
  // Calibrating 48 x 18 s, planning 30 to 48 x 4 s, writing 2 + 48 x 10 s, judging 48 x 4 to 13 s and the output matrix 24 s, comparing 30
  // s.
  const straight = 864 + 150 + 482 + 400 + 24 + 30
  expect(range.low).toBeLessThan(straight)
  expect(range.high).toBeGreaterThan(straight)
  expect(range.high / range.low).toBeLessThan(4)
})

test('a calibration that is there already, and fewer layers, take less', () => {
  expect(middle(predictSeconds(times, { ...run, reusesCalibration: true }))).toBeLessThan(middle(predictSeconds(times, run)))
  expect(middle(predictSeconds(times, { ...run, layers: 10, weights: 8e9 }))).toBeLessThan(middle(predictSeconds(times, run)) / 2)
})

test('steps of learning that the trial left out are added', () => {
  const learning = { stepSeconds: 1, steps: 3 }
  const few = predictSeconds({ ...times, learning }, { ...run, steps: 3 })
  const many = predictSeconds({ ...times, learning }, { ...run, steps: 103 })
  expect(many.high - few.high).toBeGreaterThan(48 * 100)
  expect(many.low - few.low).toBeGreaterThan(48 * 100 * 0.5)
})

test('work that trying out tensors and walking through the text again makes is in the range', () => {
  const probes = { layers: 100, heads: 50, tokens: 2000 }
  expect(predictSeconds(times, { ...run, samples: 40, probes }).high).toBeGreaterThan(
    predictSeconds(times, { ...run, samples: 40 }).high + 400,
  )
  expect(predictSeconds({ ...times, walks: true }, run).low).toBeGreaterThan(predictSeconds(times, run).low + 48 * 15 * 0.5)
})
