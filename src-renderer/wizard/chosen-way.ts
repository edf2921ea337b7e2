import { computed } from 'vue'
import type { MethodCard } from '../../src-main/contract/calls.ts'
import type { Budget, BudgetBreakdown, FormatName } from '../../src-main/contract/recipe.ts'
import { useDraft, type Choices } from '../stores/draft.ts'
import { useMachine } from '../stores/machine.ts'
import { methodsFor } from '../stores/methods-for.ts'
import { budgetKinds, convertBudget, wishedBytes } from './budget-choices.ts'

/** A method and what it writes. */
export interface ChosenWay {
  readonly method: MethodCard
  readonly format: FormatName
  readonly kinds: readonly Budget['kind'][]
}

/** The method and format of the draft, and how to choose others without losing what was said about the size. */
export function useChosenWay() {
  const draft = useDraft()
  const machine = useMachine()

  const methods = computed(() => methodsFor(machine.methods, draft.model))

  function wayOf({ method: id, format }: Pick<Choices, 'method' | 'format'>): ChosenWay | null {
    const method = methods.value.find((each) => each.id === id)
    if (method === undefined) return null
    const written = format !== null && method.formats.includes(format) ? format : (method.formats[0] ?? 'gguf')
    return { method, format: written, kinds: budgetKinds(method, written) }
  }
  const way = computed(() => wayOf(draft.choices))

  /** Changes method or format. A budget that can't be taken becomes the nearest one that can, and the draft remembers which it was. */
  function choose(next: Partial<Pick<Choices, 'method' | 'format' | 'parameters'>>, breakdown: BudgetBreakdown | null): void {
    const before = way.value
    draft.choices = { ...draft.choices, ...next }
    if (before && way.value && draft.model) fitBudget(before, way.value, breakdown)
  }

  function fitBudget(before: ChosenWay, after: ChosenWay, breakdown: BudgetBreakdown | null): void {
    const { from, fromBits } = draft.budgetChange ?? { from: draft.budget, fromBits: before.method.bitsOver }
    const sameMeaning = from.kind !== 'bits' || fromBits === after.method.bitsOver
    if (after.kinds.includes(from.kind)) {
      // What was asked for first can be had again, or only means something else now.
      draft.budget = from
      draft.budgetChange = sameMeaning ? null : { from, to: from, fromBits }
    } else if (after.kinds.includes(draft.budget.kind)) {
      draft.budgetChange = { from, to: draft.budget, fromBits }
    } else if (breakdown && draft.model) {
      const kind = after.kinds.find((each) => each === 'remove') ?? after.kinds.find((each) => each === 'percent') ?? 'bits'
      const to = convertBudget(kind, wishedBytes(draft.budget, breakdown, draft.model, before.method), breakdown, draft.model)
      draft.budget = to
      draft.budgetChange = { from, to, fromBits }
    }
  }

  return { methods, way, choose }
}
