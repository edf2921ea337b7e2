/**
 * Parts a list of experts into `parts` groups whose sizes differ by one at most, so that likes are together: seeds as unlike as
 * can be, then the most alike first, then exchanges of two experts for as long as one helps (five rounds at most).
 * @param table likeness (all, all) of every two experts of the layer
 * @param experts their numbers in the table
 */
export function groupAlike(table: Float64Array, experts: readonly number[], parts: number): number[][] {
  const all = Math.sqrt(table.length)
  const alike = (a: number, b: number): number => table[a * all + b] as number
  const groups: number[][] = unlikeSeeds(alike, experts, parts).map((seed) => [seed])
  const rest = new Set(experts.filter((expert) => !groups.some(([seed]) => seed === expert)))
  const capacity = (g: number): number => Math.floor(((g + 1) * experts.length) / parts) - Math.floor((g * experts.length) / parts)
  while (rest.size > 0) {
    let best = { gain: -Infinity, expert: -1, group: -1 }
    for (const expert of rest) {
      for (const [group, members] of groups.entries()) {
        if (members.length >= capacity(group)) continue
        const gain = members.reduce((sum, member) => sum + alike(expert, member), 0) / members.length
        if (gain > best.gain) best = { gain, expert, group }
      }
    }
    groups[best.group]?.push(best.expert)
    if (!rest.delete(best.expert)) throw new RangeError('likeness is not a number')
  }
  for (let round = 0; round < 5 && exchange(alike, groups); round++);
  return groups
}

/** The least alike to all others first, then each time the one least like those chosen. */
function unlikeSeeds(alike: (a: number, b: number) => number, experts: readonly number[], parts: number): number[] {
  const chosen: number[] = []
  while (chosen.length < parts) {
    const others = chosen.length === 0 ? experts : chosen
    let best = { most: Infinity, expert: -1 }
    for (const expert of experts) {
      if (chosen.includes(expert)) continue
      const most = others.reduce(
        (sum, other) => (other === expert ? sum : chosen.length === 0 ? sum + alike(expert, other) : Math.max(sum, alike(expert, other))),
        0,
      )
      if (most < best.most) best = { most, expert }
    }
    if (best.expert < 0) throw new RangeError('likeness is not a number')
    chosen.push(best.expert)
  }
  return chosen
}

/** Exchanges two experts wherever that raises the likeness within groups. @returns whether any were exchanged */
function exchange(alike: (a: number, b: number) => number, groups: number[][]): boolean {
  const within = (expert: number, members: readonly number[], without: number): number =>
    members.reduce((sum, member) => (member === expert || member === without ? sum : sum + alike(expert, member)), 0)
  let moved = false
  for (const [g, first] of groups.entries()) {
    for (const second of groups.slice(g + 1)) {
      for (let i = 0; i < first.length; i++) {
        for (let j = 0; j < second.length; j++) {
          const [a, b] = [first[i] as number, second[j] as number]
          const gain = within(a, second, b) + within(b, first, a) - within(a, first, a) - within(b, second, b)
          if (gain <= 1e-12) continue
          first[i] = b
          second[j] = a
          moved = true
        }
      }
    }
  }
  return moved
}
