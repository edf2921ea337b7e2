import { checksOf } from './check-run.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** check.cancel: stops a check within five seconds; what it wrote is removed. Nothing happens when there is none of that id. */
export function checkCancel(dependencies: ServiceDependencies, { checkId }: { checkId: string }): Record<string, never> {
  checksOf(dependencies).get(checkId)?.abort()
  return {}
}
