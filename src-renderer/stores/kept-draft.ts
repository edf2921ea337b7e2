import { Recipe } from '../../src-main/contract/recipe.ts'

const KEY = 'whittle.draft'

/** What of a draft outlives a reload of the page. */
export interface KeptDraft {
  readonly recipe: Recipe
  readonly plannedRunId: string | null
  readonly planFirst: boolean
}

export function keepDraft(draft: Omit<KeptDraft, 'recipe'> & { readonly recipe: Recipe | null }): void {
  sessionStorage.setItem(KEY, JSON.stringify(draft))
}

/** The draft a reload interrupted; null when there was none, or none that this version understands. */
export function keptDraft(): KeptDraft | null {
  const kept = sessionStorage.getItem(KEY)
  if (kept === null) return null
  const { recipe, plannedRunId, planFirst } = JSON.parse(kept) as Record<string, unknown>
  const parsed = Recipe.safeParse(recipe)
  return parsed.success
    ? { recipe: parsed.data, plannedRunId: typeof plannedRunId === 'string' ? plannedRunId : null, planFirst: planFirst === true }
    : null
}
