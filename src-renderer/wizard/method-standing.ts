import type { MethodCard } from '../../src-main/contract/calls.ts'
import type { MethodFit } from '../../src-main/contract/curve.ts'
import type { FormatName } from '../../src-main/contract/recipe.ts'
import { t } from '../locales/i18n.ts'
import { errorWords } from '../words/errors.ts'
import { FORMAT_WORDS } from '../words/formats.ts'

/** A method beside what is known of how it would serve the recipe; `refused`: why it can't, in words. */
export interface MethodStanding {
  readonly method: MethodCard
  readonly fit: MethodFit | null
  readonly refused: string | null
}

/**
 * Methods in the registry's order, those that can't serve at the end. A budget of another kind is no obstacle: choosing the method restates
 * it.
 */
export function standings(methods: readonly MethodCard[], fits: readonly MethodFit[] | null, format: FormatName | null): MethodStanding[] {
  const all = methods.map((method): MethodStanding => {
    const fit = fits?.find((each) => each.method === method.id) ?? null
    // A method that suits the model in no format says so itself.
    if (format !== null && method.formats.length > 0 && !method.formats.includes(format))
      return { method, fit, refused: t('method.notThisFormat', { format: FORMAT_WORDS[format].title }) }
    const obstacle = fit?.obstacle ?? null
    if (obstacle === null || obstacle.code === 'budget-invalid') return { method, fit, refused: null }
    const { what, why } = errorWords(obstacle)
    return { method, fit, refused: `${what} ${why}` }
  })
  return [...all.filter((each) => each.refused === null), ...all.filter((each) => each.refused !== null)]
}
