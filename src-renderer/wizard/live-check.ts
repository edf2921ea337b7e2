import { onScopeDispose, ref, shallowRef } from 'vue'
import type { CheckItem, CheckReport, TrialStep } from '../../src-main/contract/check.ts'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'

let count = 0

/** A check under way: what it has found and done so far. One at a time: a new one calls the one before off, and leaving the page does. */
export function useLiveCheck(keep: (key: string, report: CheckReport) => void) {
  const api = useApi()
  const items = shallowRef<readonly CheckItem[]>([])
  const steps = shallowRef<readonly TrialStep[]>([])
  const failure = ref<ErrorShape | null>(null)
  const running = ref<string | null>(null)

  const stopListening = api.onEvent((event) => {
    if (event.kind !== 'check' || event.runId !== running.value) return
    const { item, step } = event
    if (item) items.value = [...items.value.filter((each) => each.id !== item.id), item]
    if (step) steps.value = [...steps.value, step]
  })

  async function start(recipe: Recipe, key: string): Promise<void> {
    stop()
    const checkId = `check-${Date.now().toString(36)}-${(count += 1)}`
    running.value = checkId
    items.value = []
    steps.value = []
    failure.value = null
    try {
      const report = await api.call('check.run', { checkId, recipe })
      if (running.value !== checkId) return
      items.value = report.items
      steps.value = report.trial?.steps ?? steps.value
      keep(key, report)
    } catch (error) {
      if (running.value === checkId) failure.value = toFailure(error)
    }
    if (running.value === checkId) running.value = null
  }

  /** What was called off says so by failing, to a listener that no longer cares. */
  function stop(): void {
    const checkId = running.value
    running.value = null
    if (checkId !== null)
      api.call('check.cancel', { checkId }).catch((error: unknown) => console.warn('The check could not be called off', error))
  }

  onScopeDispose(() => {
    stopListening()
    stop()
  })
  return { items, steps, failure, running, start, stop }
}
