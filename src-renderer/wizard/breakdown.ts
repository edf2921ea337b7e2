import { computed, type Ref } from 'vue'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import { useAsked } from './asked.ts'

/** What a recipe's budget comes to in bytes, with its method, format and settings. */
export function useBreakdown(recipe: Ref<Recipe | null>) {
  const {
    answer: breakdown,
    fresh,
    failure,
  } = useAsked(
    'budget.explain',
    computed(() => {
      if (recipe.value === null) return null
      const { modelPath, preTokenizer, budget, method, format, parameters } = recipe.value
      return { modelPath, preTokenizer, budget, method, format, parameters }
    }),
  )
  return { breakdown, fresh, failure }
}
