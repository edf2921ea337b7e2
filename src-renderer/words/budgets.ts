import type { MethodCard } from '../../src-main/contract/calls.ts'
import type { Budget } from '../../src-main/contract/recipe.ts'
import { t } from '../locales/i18n.ts'
import { count, decimal, fileSize, memorySize, percentage } from './numbers.ts'

/** A budget in words, inside a sentence. */
export function budgetWords(budget: Budget, { bitsOver }: Pick<MethodCard, 'bitsOver'>): string {
  switch (budget.kind) {
    case 'size':
      return t('words.budget-size', { size: fileSize(budget.bytes) })
    case 'percent':
      return t('words.budget-percent', { percent: percentage(budget.percent) })
    case 'bits':
      return t(bitsOver === 'experts' ? 'words.budget-bitsOfExperts' : 'words.budget-bitsOfFile', { bits: decimal(budget.bitsPerWeight) })
    case 'vram':
      return t('words.budget-vram', { memory: memorySize(budget.vramBytes), tokens: count(budget.contextTokens) })
    case 'remove':
      return t('words.budget-remove', { percent: percentage(budget.percent) })
  }
}
