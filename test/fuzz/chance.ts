import { seededRandom } from '../../src-main/tensor/random.ts'

/** What mutations are chosen by: equal seeds, equal choices, on every machine. */
export interface Chance {
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number
  pick<T>(choices: readonly T[]): T
  /** True in this share of the cases. */
  happens(share: number): boolean
}

/** The chance of one execution: it depends on the seed and the execution's number only, so that each can be made again alone. */
export function chanceOf(seed: number, index: number): Chance {
  const random = seededRandom(Math.floor(seededRandom(seed)() * 2 ** 32) + index)
  const below = (count: number): number => Math.floor(random() * count)
  return {
    below,
    happens: (share) => random() < share,
    pick(choices) {
      const index = below(choices.length)
      if (index >= choices.length) throw new RangeError('nothing to pick from')
      return choices[index] as (typeof choices)[number]
    },
  }
}
