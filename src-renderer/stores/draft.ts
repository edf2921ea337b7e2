import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { CheckReport } from '../../src-main/contract/check.ts'
import type { ModelSummary } from '../../src-main/contract/model.ts'
import { Recipe, type Budget } from '../../src-main/contract/recipe.ts'
import type { RunDetail, RunSummary } from '../../src-main/contract/run.ts'
import { useApi } from '../api/api.ts'
import { useResources, type MemoryPlace } from './resources.ts'
import { useSettings } from './settings.ts'

const KEY = 'whittle.draft'

/** Every choice of a recipe but the model and the budget. */
export type Choices = Omit<Recipe, 'modelPath' | 'budget'>

const DEFAULT_CHOICES: Choices = (() => {
  const { modelPath: _path, budget: _budget, ...choices } = Recipe.parse({ modelPath: '-', budget: { kind: 'percent', percent: 50 } })
  return choices
})()

/** A budget that had to become another one, because the method or format chosen since doesn't take it. */
export interface BudgetChange { readonly from: Budget; readonly to: Budget; readonly fromBits: 'file' | 'experts' }

const SHORTER_CONTEXTS = [8192, 4096] as const

/** Sensible first budgets, the best first: the best card or the memory for a model that may not fit it, a share for one that fits with ease. */
function firstBudgets(model: ModelSummary, place: MemoryPlace | undefined): readonly [Budget, ...Budget[]] {
  if (place === undefined || model.bytes < place.budgetBytes / 2) return [{ kind: 'percent', percent: 35 }]
  const fitting = (tokens: number): Budget => ({ kind: 'vram', vramBytes: place.budgetBytes, contextTokens: Math.min(tokens, model.contextLength) })
  return [fitting(16384), ...SHORTER_CONTEXTS.map(fitting)]
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
  const recipe = computed<Recipe | null>(() => (model.value ? { ...choices.value, modelPath: model.value.path, budget: budget.value } : null))
  const recipeKey = computed(() => JSON.stringify(recipe.value))
  const checked = shallowRef<{ readonly key: string; readonly report: CheckReport } | null>(null)
  /** What the last check found, if nothing was changed since. */
  const check = computed(() => (checked.value?.key === recipeKey.value ? checked.value.report : null))
  /** The choices are somebody's own, or already hold what the settings say. */
  let settled = false

  watch([recipe, plannedRunId, planFirst], () => {
    sessionStorage.setItem(KEY, JSON.stringify({ recipe: recipe.value, plannedRunId: plannedRunId.value, planFirst: planFirst.value }))
  }, { deep: true })

  /** Opens a folder; another model brings its own first budget, the same one keeps the choices. */
  async function openModel(path: string): Promise<ModelSummary> {
    const opened = await api.call('model.open', { path })
    if (opened.path !== model.value?.path) {
      await Promise.all([resources.load(), settings.loaded || settings.load()])
      setBudget(await firstPossible(opened.path, firstBudgets(opened, resources.places[0])))
      if (!settled) choices.value = { ...choices.value, device: settings.all.device, threads: settings.all.threads }
      settled = true
    }
    model.value = opened
    return opened
  }

  /** The first budget that can be met; the first of all where none can, which the goal page then says. */
  async function firstPossible(modelPath: string, budgets: readonly [Budget, ...Budget[]]): Promise<Budget> {
    const [first, ...others] = budgets
    if (others.length === 0) return first
    const { method, format, parameters } = choices.value
    for (const each of budgets) if ((await api.call('budget.explain', { modelPath, budget: each, method, format, parameters })).feasible) return each
    return first
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
    checked.value = null
  }

  /** Takes over the recipe of a run, to change it. */
  async function takeFrom(detail: RunDetail): Promise<void> {
    await take(detail.recipe)
    plannedRunId.value = detail.summary.state === 'planned' ? detail.summary.id : null
  }

  /** Takes over a whole recipe, its model opened anew. */
  async function take(from: Recipe): Promise<void> {
    const { modelPath, budget: taken, ...others } = from
    model.value = await api.call('model.open', { path: modelPath })
    setBudget(taken)
    choices.value = others
    settled = true
  }

  /** Brings back what a reload interrupted; answers whether there was anything. */
  async function restore(): Promise<boolean> {
    const kept = sessionStorage.getItem(KEY)
    if (model.value || kept === null) return model.value !== null
    const { recipe: stored, plannedRunId: runId, planFirst: first } = JSON.parse(kept) as Record<string, unknown>
    const parsed = Recipe.safeParse(stored)
    if (!parsed.success) return false
    await take(parsed.data)
    plannedRunId.value = typeof runId === 'string' ? runId : null
    planFirst.value = first === true
    return true
  }

  function keepCheck(key: string, report: CheckReport): void {
    checked.value = { key, report }
  }

  /** Starts calibrate and plan, and stops there. */
  async function prepare(): Promise<RunSummary> {
    const run = await api.call('run.prepare', await recipeToRun())
    plannedRunId.value = run.id
    return run
  }

  /** Starts the whole run, and keeps what the check found with it. */
  async function begin(): Promise<RunSummary> {
    const run = await api.call('run.begin', { recipe: await recipeToRun(), check: check.value })
    plannedRunId.value = null
    return run
  }

  /** A plan of this draft that was never started is replaced, so that history keeps no leftovers. */
  async function recipeToRun(): Promise<Recipe> {
    if (!recipe.value) throw new Error('The draft has no model yet')
    const replaced = plannedRunId.value
    if (replaced) await deleteIfPlanned(replaced)
    return recipe.value
  }

  async function deleteIfPlanned(runId: string): Promise<void> {
    const runs = await api.call('run.list', {})
    if (runs.some((run) => run.id === runId && run.state === 'planned')) await api.call('run.delete', { runId, deleteFile: false })
  }

  return {
    model, budget, budgetChange, choices, recipe, recipeKey, plannedRunId, planFirst, check,
    openModel, setBudget, reset, takeFrom, take, restore, keepCheck, prepare, begin,
  }
})
