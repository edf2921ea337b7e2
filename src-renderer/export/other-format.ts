import type { MethodCard } from '../../src-main/contract/calls.ts'
import type { FormatName, Recipe } from '../../src-main/contract/recipe.ts'

/** The method that would write a format: the run's own where it can, else the first of the registry that can. */
export function writerOf(methods: readonly MethodCard[], own: string, format: FormatName): MethodCard | null {
  const able = methods.filter(({ formats }) => formats.includes(format))
  return able.find(({ id }) => id === own) ?? able[0] ?? null
}

/** The same recipe for another format. Another method has its own parameters and may not know the budget's kind. */
export function recipeInFormat(recipe: Recipe, writer: MethodCard, format: FormatName): Recipe {
  const same = writer.id === recipe.method
  const budget =
    recipe.budget.kind === 'remove' && !writer.removes
      ? { kind: 'percent' as const, percent: Math.max(1, 100 - recipe.budget.percent) }
      : recipe.budget
  return { ...recipe, budget, method: writer.id, format, parameters: same ? recipe.parameters : {}, outPath: null, overwrite: false }
}
