import { expect, test } from 'vitest'
import { signedProjection } from '../../src-main/forms/sparse-projection.ts'

/** The definition of the doc comment in BigInt arithmetic. */
function bySpecification(rows: number, columns: number, nonzeros: number, seed: number): { positions: number[]; minus: boolean[] } {
  const word = 2n ** 32n
  let state = BigInt(seed) % word
  const next = () => {
    state = (state + 0x9e3779b9n) % word
    let z = ((state ^ (state >> 16n)) * 0x21f0aaadn) % word
    z = ((z ^ (z >> 15n)) * 0x735a2d97n) % word
    return z ^ (z >> 15n)
  }
  const [positions, minus]: [number[], boolean[]] = [[], []]
  for (let row = 0; row < rows; row++) {
    const taken = new Set<number>()
    while (taken.size < nonzeros) {
      const position = Number((next() * BigInt(columns)) / word)
      if (taken.has(position)) continue
      taken.add(position)
      positions.push(position)
      minus.push(next() >= word / 2n)
    }
  }
  return { positions, minus }
}

test.each([
  [3, 64, 8, 0],
  [5, 7, 7, 1],
  [20, 2048, 45, 2 ** 40 + 17],
])('is what its definition says: %d rows of %d with %d nonzeros, seed %d', (rows, columns, nonzeros, seed) => {
  const { positions, values } = signedProjection(rows, columns, nonzeros, seed)
  const expected = bySpecification(rows, columns, nonzeros, seed)
  expect([...positions]).toEqual(expected.positions)
  expect([...values].map((value) => value < 0)).toEqual(expected.minus)
  for (const value of values) expect(Math.abs(value)).toBe(Math.fround(1 / Math.sqrt(nonzeros)))
})

test('another seed gives another projection', () => {
  expect(signedProjection(4, 64, 8, 1).positions).not.toEqual(signedProjection(4, 64, 8, 2).positions)
})

test('more nonzeros than columns are refused', () => {
  expect(() => signedProjection(1, 4, 5, 0)).toThrow(RangeError)
})
