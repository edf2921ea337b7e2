/** Steps whose errors a solver remembers, to see whether it still moves. */
export const ERROR_HISTORY = 21

/** Whether the last 20 steps lowered the error by less than `tolerance` of itself; never before, and never for 0. */
export function hasStalled(errors: readonly number[], tolerance: number): boolean {
  const [first, last] = [errors[0], errors.at(-1)]
  if (tolerance <= 0 || first === undefined || last === undefined || errors.length < ERROR_HISTORY) return false
  return first - last < tolerance * first
}
