import { afterAll, describe, expect, test } from 'vitest'
import { keptInputs } from './input.ts'
import { Unavailable } from './target.ts'
import { TARGETS } from './targets.ts'
import { LIMITS, WatchedChild } from './watched-child.ts'

/** A busy machine is no failure; what once hung never ends. */
const PATIENT = { ...LIMITS, milliseconds: 4 * LIMITS.milliseconds }

const kept = TARGETS.map((target) => ({ ...target, inputs: keptInputs(target.name) })).filter(({ inputs }) => inputs.length > 0)

describe.each(kept)('inputs that once failed: $name', ({ file, inputs }) => {
  const child = new WatchedChild(file, PATIENT)
  afterAll(() => child.stop())

  test.each(inputs)('$name', async ({ input, failure }) => {
    try {
      await child.start()
    } catch (error) {
      if (error instanceof Unavailable) return console.info(`not here: ${error.message}`)
      throw error
    }
    const { verdict } = await child.run({ input })
    expect(verdict.kind === 'failed' ? verdict : null, `it failed before: ${failure}`).toBeNull()
  })
})

test('the inputs that failed are there', () => {
  expect(kept.flatMap(({ inputs }) => inputs).length).toBeGreaterThan(10)
})
