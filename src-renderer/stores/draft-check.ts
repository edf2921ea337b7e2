import { computed, shallowRef, type ComputedRef, type Ref } from 'vue'
import type { CheckReport } from '../../src-main/contract/check.ts'
import type { Recipe } from '../../src-main/contract/recipe.ts'

/** What the last check of a draft found, for as long as nothing is changed. */
export interface DraftCheck {
  /** Tells two drafts apart. */
  readonly recipeKey: ComputedRef<string>
  readonly check: ComputedRef<CheckReport | null>
  keepCheck(key: string, report: CheckReport): void
}

export function draftCheck(recipe: Readonly<Ref<Recipe | null>>): DraftCheck {
  const recipeKey = computed(() => JSON.stringify(recipe.value))
  const checked = shallowRef<{ readonly key: string; readonly report: CheckReport } | null>(null)
  return {
    recipeKey,
    check: computed(() => (checked.value?.key === recipeKey.value ? checked.value.report : null)),
    keepCheck: (key, report) => {
      checked.value = { key, report }
    },
  }
}
