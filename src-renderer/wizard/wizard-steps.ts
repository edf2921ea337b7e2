import { computed, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { useDraft } from '../stores/draft.ts'
import type { Step, StepTarget } from '../ui/steps.ts'

const ORDER = ['model', 'goal', 'use', 'method', 'check'] as const

/** The wizard's own steps around one of them: every earlier one can be gone back to, later ones only while this one is in order. */
export function useSteps(step: (typeof ORDER)[number], inOrder: Readonly<Ref<boolean>>) {
  const router = useRouter()
  const draft = useDraft()
  const here = ORDER.indexOf(step)
  const go = (name: string): void => void router.push({ name })
  const targets = computed(() => {
    const reachable = ORDER.filter((_, index) => index < here || (index > here && inOrder.value && draft.model !== null))
    return Object.fromEntries(reachable.map((each) => [each, () => go(each)])) as Partial<Record<Step, StepTarget>> // keys are steps
  })
  const back = (): void => go(ORDER[here - 1] ?? 'home')
  const next = (): void => go(ORDER[here + 1] ?? 'check')
  return { targets, back, next }
}
