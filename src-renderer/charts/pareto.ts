/** A possibility: what it costs (less is better) and what it is worth. */
export interface Trade {
  readonly x: number
  readonly y: number
}

/**
 * Indexes of the possibilities that no other one beats, by rising cost: another beats one when it is at least as good in both and better
 * in one. Equal ones stand together. Those without a number are left out.
 */
export function paretoFrontier(trades: readonly Trade[], better: 'lower' | 'higher'): number[] {
  const sign = better === 'lower' ? 1 : -1
  const order = trades
    .map((trade, index) => ({ x: trade.x, y: sign * trade.y, index }))
    .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
  order.sort((a, b) => a.x - b.x || a.y - b.y || a.index - b.index)
  const frontier: number[] = []
  let last: { x: number; y: number } | null = null
  for (const { x, y, index } of order) {
    if (last !== null && y >= last.y && !(y === last.y && x === last.x)) continue
    frontier.push(index)
    last = { x, y }
  }
  return frontier
}
