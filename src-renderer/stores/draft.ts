import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { ModelSummary } from '../../src-main/contract/model.ts'
import { Recipe, type Budget } from '../../src-main/contract/recipe.ts'
import type { RunDetail } from '../../src-main/contract/run.ts'
import { useApi } from '../api/api.ts'
import { choosePaths } from '../api/choose-paths.ts'
import { draftCheck } from './draft-check.ts'
import { draftStart } from './draft-start.ts'
import { firstPossibleBudget } from './first-budget.ts'
import { keepDraft, keptDraft } from './kept-draft.ts'
import { useResources } from './resources.ts'
import { useSettings } from './settings.ts'

/** Every choice of a recipe but the model and the budget. */
export type Choices = Omit<Recipe, 'modelPath' | 'budget'>

const DEFAULT_CHOICES: Choices = (() => {
  const { modelPath: _path, budget: _budget, ...choices } = Recipe.parse({ modelPath: '-', budget: { kind: 'percent', percent: 50 } })
  return choices
})()

/** A budget that had to become another one, because the method or format chosen since doesn't take it. */
export interface BudgetChange {
  readonly from: Budget
  readonly to: Budget
  readonly fromBits: 'file' | 'experts'
}

/** The recipe being written in the wizard. It outlives a reload, and going back never loses it. */
export const useDraft = defineStore('draft', () => {
  const api = useApi()
  const resources = useResources()
  const settings = useSettings()
  const model = shallowRef<ModelSummary | null>(null)
  const budget = ref<Budget>({ kind: 'percent', percent: 50 })
  const choices = ref<Choices>({ ...DEFAULT_CHOICES })
  /** Said on screen until somebody sets the budget themselves. */
  const budgetChange = shallowRef<BudgetChange | null>(null)
  /** The run whose plan this draft already led to, if its compressing was not started. */
  const plannedRunId = ref<string | null>(null)
  /** Whether the plan is to be seen before anything is written. */
  const planFirst = ref(false)
  const recipe = computed<Recipe | null>(() =>
    model.value ? { ...choices.value, modelPath: model.value.path, budget: budget.value } : null,
  )
  const { recipeKey, check, keepCheck } = draftCheck(recipe)
  const { prepare, begin } = draftStart(api.call, { recipe, check, plannedRunId })
  /** The choices are somebody's own, or already hold what the settings say. */
  let settled = false

  watch(
    [recipe, plannedRunId, planFirst],
    () => keepDraft({ recipe: recipe.value, plannedRunId: plannedRunId.value, planFirst: planFirst.value }),
    { deep: true },
  )

  /**
   * Opens a folder; another model brings its own first budget, the same one keeps the choices. `preTokenizer`: the name chosen for a
   * tokenizer that llama.cpp has none for.
   */
  async function openModel(path: string, preTokenizer: string | null = null): Promise<ModelSummary> {
    const opened = await api.call('model.open', { path, preTokenizer })
    choices.value = { ...choices.value, preTokenizer }
    if (opened.path !== model.value?.path) {
      await Promise.all([resources.load(), settings.loaded || settings.load()])
      setBudget(await firstPossibleBudget(api.call, opened, resources.places[0], choices.value))
      if (!settled) choices.value = { ...choices.value, device: settings.all.device, threads: settings.all.threads }
      settled = true
    }
    model.value = opened
    return opened
  }

  /** The budget as somebody chose it. */
  function setBudget(chosen: Budget): void {
    budget.value = chosen
    budgetChange.value = null
  }

  /** A new run: the choices start afresh. */
  function reset(): void {
    model.value = null
    choices.value = { ...DEFAULT_CHOICES }
    settled = false
    plannedRunId.value = null
    planFirst.value = false
  }

  /** Takes over the recipe of a run, to change it. */
  async function takeFrom(detail: RunDetail): Promise<void> {
    await take(detail.recipe)
    plannedRunId.value = detail.summary.state === 'planned' ? detail.summary.id : null
  }

  /** Takes over a whole recipe, its model opened anew. */
  async function take(from: Recipe): Promise<void> {
    const { modelPath, budget: taken, ...others } = from
    model.value = await api.call('model.open', { path: modelPath, preTokenizer: others.preTokenizer })
    setBudget(taken)
    choices.value = others
    settled = true
  }

  /** Brings back what a reload interrupted; answers whether there was anything. */
  async function restore(): Promise<boolean> {
    const kept = model.value ? null : keptDraft()
    if (kept === null) return model.value !== null
    await choosePaths(api.call, kept.recipe) // in this very tab, perhaps before Whittle was started anew
    await take(kept.recipe)
    plannedRunId.value = kept.plannedRunId
    planFirst.value = kept.planFirst
    return true
  }

  return {
    model,
    budget,
    budgetChange,
    choices,
    recipe,
    recipeKey,
    plannedRunId,
    planFirst,
    check,
    openModel,
    setBudget,
    reset,
    takeFrom,
    take,
    restore,
    keepCheck,
    prepare,
    begin,
  }
})
