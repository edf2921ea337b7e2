import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { Budget, BudgetBreakdown } from '../../src-main/contract/recipe.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'

const PAUSE_MS = 120

/** The breakdown of a budget, asked again a moment after every change; the last question wins. */
export function useBreakdown(modelPath: Ref<string | null>, budget: Ref<Budget>) {
  const api = useApi()
  const breakdown = shallowRef<BudgetBreakdown | null>(null)
  const failure = ref<ErrorShape | null>(null)
  let question = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(path: string, wanted: Budget): Promise<void> {
    const mine = ++question
    try {
      const answer = await api.call('budget.explain', { modelPath: path, budget: wanted })
      if (mine !== question) return
      breakdown.value = answer
      failure.value = null
    } catch (error) {
      if (mine === question) failure.value = toFailure(error)
    }
  }

  watch([modelPath, budget], ([path]) => {
    clearTimeout(timer)
    if (path !== null) timer = setTimeout(() => void ask(path, budget.value), breakdown.value ? PAUSE_MS : 0)
  }, { immediate: true, deep: true })
  onScopeDispose(() => clearTimeout(timer))
  return { breakdown, failure }
}
