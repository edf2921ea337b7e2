/**
 * Results of `work` on every item, in the order of the items, at most `most` of them under way. After a failure nothing more is started;
 * what is under way is waited for, so that none of it goes on behind the caller's back, then the failure is thrown.
 */
export async function severalAtOnce<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  let failed = false
  const takeTurns = async (): Promise<void> => {
    for (const [index, item] of left) {
      if (failed) return
      try {
        results[index] = await work(item)
      } finally {
        failed ||= !(index in results)
      }
    }
  }
  const turns = Array.from({ length: Math.max(1, most) }, takeTurns)
  await Promise.allSettled(turns)
  await Promise.all(turns)
  return results
}
