import { because } from './because.ts'
import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords } from '../../error-words.ts'
import { FORMAT_WORDS } from '../../formats.ts'
import { atLeastFileSize, atLeastMemorySize, ceiling, decimal, fileSize, memorySize, percentage } from '../../numbers.ts'

const ONE_PRESS = 'The goal page sets the nearest possible one with one press.'

/** Words for a budget that no file of this model meets: for a card, where its memory goes; always the nearest one that is possible. */
export const BUDGET_TOO_SMALL: ErrorWords = {
  what: (f) =>
    f.part('memory')
      ? "This model doesn't fit into that graphics card."
      : f.number('averageBits') === null
        ? "The model can't become that small."
        : 'That is too few bits.',
  why: (f) => {
    const memory = f.part('memory')
    return memory ? cardTooSmall(f, memory) : (bitsTooFew(f) ?? shareTooSmall(f) ?? programTooSmall(f) ?? fileTooSmall(f))
  },
  remedy: (f) => {
    const [bits, share] = [f.number('smallestAverageBits'), f.number('smallestShare')]
    if (bits !== null) return `Allow at least ${decimal(ceiling(bits, 2))} bits per expert weight.${otherFormat(f)}`
    if (f.number('keptShare') !== null && share !== null && share >= 0.999)
      return 'With these settings nothing can be removed. Choose other settings, or another method.'
    if (f.number('keptShare') !== null && share !== null)
      return `Remove at most ${percentage(Math.floor((1 - share) * 1000) / 10)} of the expert parameters, or choose another method.`
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

/** A limit on the mean bits of the experts' weights; null when it was none. */
function bitsTooFew(f: ErrorFacts): string | null {
  const [asked, smallest] = [f.number('averageBits'), f.number('smallestAverageBits')]
  if (asked === null || smallest === null) return null
  const reason = f.text('reason', '') === '' ? '' : ` ${because(f, '')}`
  return `You asked for ${decimal(asked)} bits per expert weight on average; the fewest that can be had are ${decimal(ceiling(smallest, 2))}.${reason}`
}

/** A limit on the share of the expert parameters that stay; null when it was none. */
function shareTooSmall(f: ErrorFacts): string | null {
  const [asked, smallest] = [f.number('keptShare'), f.number('smallestShare')]
  if (asked === null || smallest === null) return null
  return `You asked to remove ${percentage((1 - asked) * 100)} of the expert parameters. The least this method can keep is ${percentage(ceiling(smallest * 100, 1))} of them, with the settings chosen.`
}

/** What the solver of an integer program says, in the program's own units; null when it was not the solver. */
function programTooSmall(f: ErrorFacts): string | null {
  const [capacity, smallest] = [f.number('capacity'), f.number('smallest')]
  if (capacity === null || smallest === null) return null
  return `Even the smallest choice for every part takes ${percentage((smallest / Math.max(capacity, 1e-9) - 1) * 100)} more than the budget.`
}

function otherFormat(f: ErrorFacts): string {
  const use = f.text('use', '')
  const words = Object.entries(FORMAT_WORDS).find(([name]) => name === use)?.[1]
  return words ? ` Or have a ${words.title} written, which holds fewer.` : ''
}
