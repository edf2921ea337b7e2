import type { MethodCard } from '../../src-main/contract/calls.ts'
import type { Budget } from '../../src-main/contract/recipe.ts'
import { count, fileSize, memorySize } from './numbers.ts'

/** Number with at most two digits after the point. */
const short = (value: number): string => value.toLocaleString(undefined, { maximumFractionDigits: 2 })

/** A budget in words, inside a sentence. */
export function budgetWords(budget: Budget, { bitsOver }: Pick<MethodCard, 'bitsOver'>): string {
  switch (budget.kind) {
    case 'size': return `at most ${fileSize(budget.bytes)}`
    case 'percent': return `${short(budget.percent)} % of the original`
    case 'bits': return bitsOver === 'experts' ? `${short(budget.bitsPerWeight)} bits per expert weight, on average` : `${short(budget.bitsPerWeight)} bits per weight, on average over the whole file`
    case 'vram': return `a graphics card of ${memorySize(budget.vramBytes)} with a context of ${count(budget.contextTokens)} tokens`
    case 'remove': return `${short(budget.percent)} % of the expert parameters removed`
  }
}
