import type { ServiceDependencies } from './dependencies.ts'
import { choosePath } from './reach.ts'

/** path.choose: notes what the user typed into a field or dropped. What was picked in a dialog is noted by itself. */
export function pathChoose(dependencies: ServiceDependencies, { path }: { path: string }): Record<string, never> {
  choosePath(dependencies, path)
  return {}
}
