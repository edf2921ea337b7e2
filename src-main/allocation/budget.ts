import type { ModelShape } from '../architectures/architecture.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Budget, BudgetBreakdown } from '../contract/recipe.ts'
import { computeBufferBytes } from './compute-buffer.ts'
import { memoryNumbers } from './memory-numbers.ts'
import { kvCacheBytes } from './kv-cache.ts'

/** What a budget is measured against. Bytes count whole files; `weights` counts every stored number of the file to be. */
export interface BudgetFacts {
  readonly shape: ModelShape
  readonly originalBytes: number
  readonly weights: number
  /** Share of the original's weights that are the experts', 0..1. */
  readonly expertShare: number
  /** Smallest and largest file the method can make of this model. */
  readonly smallestBytes: number
  readonly largestBytes: number
}

const MEBIBYTE = 2 ** 20

/** The largest file a budget allows, in whole bytes, with every part named. An unreachable budget is told by `feasible`, not thrown. */
export function fileBudget(budget: Budget, facts: BudgetFacts): BudgetBreakdown {
  const memory = budget.kind === 'vram' ? memoryParts(budget.vramBytes, budget.contextTokens, facts.shape) : null
  const fileBytes = Math.floor(budgetBytes(budget, facts, memory))
  return {
    fileBytes,
    originalBytes: facts.originalBytes,
    smallestBytes: facts.smallestBytes,
    largestBytes: facts.largestBytes,
    bitsPerWeight: (fileBytes * 8) / facts.weights,
    feasible: fileBytes >= facts.smallestBytes,
    memory,
  }
}

type MemoryParts = NonNullable<BudgetBreakdown['memory']>

function budgetBytes(budget: Budget, facts: BudgetFacts, memory: MemoryParts | null): number {
  switch (budget.kind) {
    case 'size':
      return budget.bytes
    case 'percent':
      return (facts.originalBytes * budget.percent) / 100
    case 'bits':
      return (facts.weights * budget.bitsPerWeight) / 8
    case 'vram':
      return memory === null ? 0 : leftForTheFile(memory)
    case 'remove':
      return facts.originalBytes * (1 - (budget.percent / 100) * facts.expertShare)
  }
}

/** Where a card's memory goes besides the weights. */
function memoryParts(vramBytes: number, contextTokens: number, shape: ModelShape): MemoryParts {
  if (contextTokens > shape.contextLength) {
    throw new ExpectedError('budget-invalid', { reason: 'context-too-long', contextTokens, contextLength: shape.contextLength })
  }
  return {
    vramBytes,
    contextTokens,
    kvCacheBytes: kvCacheBytes(memoryNumbers(shape), contextTokens),
    computeBytes: computeBufferBytes(memoryNumbers(shape), contextTokens),
    reserveBytes: reserveBytes(vramBytes),
  }
}

/**
 * Kept free for the driver, the desktop and other programs: an eighth of the card, at least 512 MiB, at most 2 GiB. A choice, not a
 * measurement.
 */
export function reserveBytes(vramBytes: number): number {
  return Math.min(2048 * MEBIBYTE, Math.max(512 * MEBIBYTE, Math.ceil(vramBytes / 8)))
}

/** The smallest card, in bytes, that holds `fileBytes` beside the cache, the scratch memory and the reserve of `memory`'s context. */
export function smallestCard(fileBytes: number, memory: MemoryParts): number {
  const needed = fileBytes + memory.kvCacheBytes + memory.computeBytes
  let card = needed
  // The reserve grows with the card, by an eighth of it at most: each round closes most of what is left.
  while (card - reserveBytes(card) < needed) card = needed + reserveBytes(card)
  return card
}

function leftForTheFile(memory: MemoryParts): number {
  return Math.max(0, memory.vramBytes - memory.kvCacheBytes - memory.computeBytes - memory.reserveBytes)
}
