// A target that fails in the way its input says: the proof that the harness can.
import { textOf, utf8 } from './input.ts'
import { Refused, type OpenTarget } from './target.ts'

const WAYS: Readonly<Record<string, () => void>> = {
  accept: () => {},
  refuse: () => {
    throw new Refused('on-purpose')
  },
  throw: () => {
    throw new TypeError('no code at all')
  },
  exit: () => process.exit(3),
  hang: () => {
    for (;;);
  },
  reject: () => {
    void Promise.reject(new Error('nobody waits for it'))
  },
  pollute: () => {
    Object.assign(Object.prototype, { polluted: 1 })
  },
  fill: () => {
    kept.push(Buffer.alloc(400 * 2 ** 20, 1))
  },
}

const kept: Buffer[] = []

const MADE = ['accept', 'refuse', 'accept, or throw when there is a "!" in these words']

export const openTarget: OpenTarget = () => ({
  make: (chance) => ({ way: utf8(chance.pick(MADE)), number: utf8(String(chance.below(1000))) }),
  run(input) {
    const way = textOf(input, 'way')
    if (way.includes('!')) throw new TypeError('no code at all')
    WAYS[way]?.()
  },
})
