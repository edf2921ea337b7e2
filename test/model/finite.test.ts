import { expect, test } from 'vitest'
import { assertFinite } from '../../src-main/model/finite.ts'
import { expectFailure } from '../fixtures/expected-error.ts'

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d is found, with its place', async (bad) => {
  const values = new Float32Array(1000).fill(1)
  values[777] = bad
  values[778] = bad
  await expectFailure(() => assertFinite('w', values), 'tensor-not-finite', { tensor: 'w', index: 777 })
})

test('every finite number passes', () => {
  expect(() => assertFinite('w', Float32Array.from([0, -0, 1e-45, -3.4e38, 3.4e38]))).not.toThrow()
  expect(() => assertFinite('w', new Float32Array(0))).not.toThrow()
})
