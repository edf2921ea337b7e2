import { describe, expect, test } from 'vitest'
import { clusters } from '../../src-main/factors/clusters.ts'
import { fusedImportance } from '../../src-main/factors/fused-importance.ts'

describe('fused importance', () => {
  test('is F^lambda R^(1 - lambda)', () => {
    const [, second] = fusedImportance([100, 25], [10, 40], 0.5)
    expect(second).toBeCloseTo(Math.sqrt(0.25 * 1), 12)
    expect([...fusedImportance([100, 25], [10, 40], 1)]).toEqual([1, 0.25])
    expect([...fusedImportance([100, 25], [10, 40], 0)]).toEqual([0.25, 1])
  })

  test('an expert no token was routed to counts half a token', () => {
    expect(fusedImportance([50, 0], [1, 1], 1)[1]).toBe(0.01)
  })

  test('no tokens, or no directions, at all: everyone alike', () => {
    expect([...fusedImportance([0, 0], [3, 3], 0.5)]).toEqual([1, 1])
    expect([...fusedImportance([5, 5], [0, 0], 0.5)]).toEqual([1, 1])
  })
})

describe('groups of alike experts', () => {
  /** Experts of equal family are alike. */
  const similarityOf = (families: readonly number[]): Float64Array =>
    Float64Array.from(families.flatMap((a, i) => families.map((b, j) => (i === j ? 1 : a === b ? 0.8 + 0.01 * a : 0.1 + 0.001 * (a + b)))))

  test('finds the families', () => {
    expect(clusters(similarityOf([2, 1, 2, 3, 1, 3]), 6, 3)).toEqual([0, 1, 0, 2, 1, 2])
  })

  test('experts in another order give the same groups in that order', () => {
    const families = [2, 1, 2, 3, 1, 3, 1]
    const order = [4, 2, 6, 0, 5, 1, 3]
    const groups = clusters(similarityOf(families), 7, 3)
    const shuffled = clusters(similarityOf(order.map((expert) => families[expert] as number)), 7, 3)
    for (const [a, i] of order.entries())
      for (const [b, j] of order.entries()) expect(shuffled[a] === shuffled[b]).toBe(groups[i] === groups[j])
  })

  test('one group, or one each', () => {
    expect(clusters(similarityOf([1, 2, 3]), 3, 1)).toEqual([0, 0, 0])
    expect(clusters(similarityOf([1, 2, 3]), 3, 3)).toEqual([0, 1, 2])
    expect(() => clusters(similarityOf([1, 2]), 2, 3)).toThrow(RangeError)
  })
})
