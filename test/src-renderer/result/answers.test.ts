import { describe, expect, it } from 'vitest'
import { answerCost } from '../../../src-renderer/result/answer-cost.ts'
import { firstDifference } from '../../../src-renderer/result/first-difference.ts'
import { placeOnScale } from '../../../src-renderer/result/verdict-scale.ts'
import { FAKE_MODELS } from '../fake/fake-models.ts'

describe('two answers', () => {
  it('part at the first word that differs, and joined are themselves', () => {
    const parted = firstDifference(' He climbed the stairs.', ' He climbed a hill.')
    expect(parted).toEqual({
      at: 2,
      original: { same: ' He climbed', word: ' the', rest: ' stairs.' },
      shrunk: { same: ' He climbed', word: ' a', rest: ' hill.' },
    })
  })

  it('do not part because one is not there yet', () => {
    expect(firstDifference(' He climbed the', ' He cl').at).toBeNull()
    expect(firstDifference(' He climbed', '').at).toBeNull()
    expect(firstDifference(' the same', ' the same').at).toBeNull()
  })
})

describe('what the original costs a word', () => {
  const model = FAKE_MODELS[1]
  if (!model) throw new Error('The fake has no large model')
  it('is the part of it that works, at the speed the check read', () => {
    const bytes = model.bytes * (model.parameters.active / model.parameters.total)
    const trial = {
      layer: 0,
      device: 'cpu',
      weights: 1,
      tokens: 1,
      peakMemoryBytes: 1,
      steps: [{ id: 'read' as const, seconds: 2, bytes: 1e9 }],
    }
    expect(answerCost({ model, report: null, check: { items: [], seconds: null, trial } })).toEqual({
      bytes,
      seconds: bytes / 5e8,
      large: true,
    })
  })

  it('has no seconds where nobody measured', () => {
    expect(answerCost({ model, report: null })?.seconds).toBeNull()
    expect(answerCost({ model: FAKE_MODELS[0] ?? null, report: null })?.large).toBe(false)
    expect(answerCost({ model: null, report: null })).toBeNull()
  })
})

it('the scale places a verdict within its band', () => {
  expect([0, 0.005, 0.03, 0.1].map(placeOnScale)).toEqual([0, 0.125, 0.375, 0.625])
  expect(placeOnScale(0.15)).toBe(0.75)
  expect(placeOnScale(100)).toBeLessThanOrEqual(1)
  expect(placeOnScale(0.3)).toBeGreaterThan(placeOnScale(0.2))
})
