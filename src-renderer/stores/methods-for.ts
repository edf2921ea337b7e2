import type { MethodCard } from '../../src-main/contract/calls.ts'
import type { ModelSummary } from '../../src-main/contract/model.ts'

/** The methods with the formats each can make of a model; none where it does not suit. */
export function methodsFor(methods: readonly MethodCard[], model: Pick<ModelSummary, 'ways'> | null): readonly MethodCard[] {
  const ways = model?.ways ?? null
  return ways === null ? methods : methods.map((each) => ({ ...each, formats: ways[each.id] ?? [] }))
}
