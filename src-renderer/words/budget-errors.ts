import type { ErrorFacts } from './error-facts.ts'
import { atLeastFileSize, atLeastMemorySize, fileSize, memorySize } from './numbers.ts'
import type { ErrorWords } from './open-errors.ts'

const ONE_PRESS = 'The budget page sets the nearest possible one with one press.'

/** Words for a budget that no file of this model meets: for a card, where its memory goes; always the nearest one that is possible. */
export const BUDGET_TOO_SMALL: ErrorWords = {
  what: (f) => (f.part('memory') ? 'This model doesn\'t fit into that graphics card.' : 'The model can\'t become that small.'),
  why: (f) => {
    const memory = f.part('memory')
    return memory ? cardTooSmall(f, memory) : fileTooSmall(f)
  },
  remedy: (f) => {
    const smallest = f.number('smallestBytes')
    if (smallest === null) return `${ONE_PRESS} Or start from a smaller model.`
    const card = f.part('memory') === null ? null : f.number('smallestCardBytes')
    if (card === null) return `Allow at least ${atLeastFileSize(smallest)}. ${ONE_PRESS}`
    return `With this context, a card needs at least ${atLeastMemorySize(card)}; a shorter context needs less. ${ONE_PRESS}`
  },
}

function fileTooSmall(f: ErrorFacts): string {
  const budget = f.number('budgetBytes')
  const smallest = f.number('smallestBytes')
  if (budget === null || smallest === null) return 'The smallest file this model can become is larger than that.'
  return `You asked for at most ${fileSize(budget)}; the smallest file this model can become is ${fileSize(smallest)}.`
}

function cardTooSmall(f: ErrorFacts, memory: ErrorFacts): string {
  const size = (key: string): string => {
    const bytes = memory.number(key)
    return bytes === null ? 'some' : memorySize(bytes)
  }
  const left = f.number('budgetBytes')
  const parts = `${size('kvCacheBytes')} hold a context of ${memory.text('contextTokens', 'many')} tokens, ${size('computeBytes')} are scratch memory and ${size('reserveBytes')} stay free for other programs`
  return `Of the card's ${size('vramBytes')}, ${parts}. That leaves ${left ? fileSize(left) : 'nothing'} for the file; the smallest this model can become is ${f.size('smallestBytes', 'larger')}.`
}
