import { describe, expect, test } from 'vitest'
import { newRouting, queueByExpert, routeTokens } from '../../src-main/forward/routing.ts'

/** Plain choice by probability. */
const ruleOf = (experts: number, normalize: boolean) => ({ experts, bias: null, groups: null, normalize, scale: 1 })

/** Routes rows of probabilities, 2 experts a token. */
function route(rows: readonly (readonly number[])[], normalize: boolean) {
  const routing = newRouting(rows.length, 2)
  routeTokens(routing, 0, Float32Array.from(rows.flat()), ruleOf(rows[0]?.length ?? 0, normalize))
  return routing
}

describe('routing', () => {
  test('takes the most probable experts, best first, gates rescaled to sum 1', () => {
    const { chosen, gates } = route(
      [
        [0.125, 0.5, 0.125, 0.25],
        [0.75, 0, 0.25, 0],
      ],
      true,
    )
    expect([...chosen]).toEqual([1, 3, 0, 2])
    expect([...gates]).toEqual([Math.fround(2 / 3), Math.fround(1 / 3), 0.75, 0.25])
  })

  test('leaves gates as probabilities when the model wants that', () => {
    expect([...route([[0.125, 0.5, 0.125, 0.25]], false).gates]).toEqual([0.5, 0.25])
  })

  test('gives equal probabilities to the lower expert, zeros included', () => {
    expect([
      ...route(
        [
          [0.25, 0.25, 0.25, 0.25],
          [0, 0, 1, 0],
        ],
        true,
      ).chosen,
    ]).toEqual([0, 1, 2, 0])
  })

  test('writes a later batch behind an earlier one', () => {
    const routing = newRouting(2, 1)
    routeTokens(routing, 1, Float32Array.of(0, 1), ruleOf(2, true))
    routeTokens(routing, 0, Float32Array.of(1, 0), ruleOf(2, true))
    expect([...routing.chosen]).toEqual([0, 1])
  })

  test('refuses probabilities that are not numbers', () => {
    expect(() => route([[NaN, NaN, NaN]], true)).toThrow('tensor-not-finite')
  })

  test('queues pairs by expert, tokens in order, each with its gate; experts nobody goes to stay empty', () => {
    const queues = queueByExpert(
      route(
        [
          [0.125, 0.5, 0, 0.25],
          [0.75, 0, 0, 0.25],
          [0.125, 0.75, 0, 0.125],
        ],
        false,
      ),
      4,
    )
    expect([...queues.starts]).toEqual([0, 2, 4, 4, 6])
    expect([...queues.tokens]).toEqual([1, 2, 0, 2, 0, 1])
    expect([...queues.gates]).toEqual([0.75, 0.125, 0.5, 0.75, 0.25, 0.25])
  })
})
