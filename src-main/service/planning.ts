import { openPlanning, type Planning } from '../pipeline/planning-thread.ts'
import type { ServiceDependencies } from './dependencies.ts'

const open = new WeakMap<ServiceDependencies, Planning>()

/** The service's planning thread, started at its first question. */
export function planningOf(dependencies: ServiceDependencies): Planning {
  const planning = open.get(dependencies) ?? openPlanning()
  open.set(dependencies, planning)
  return planning
}
