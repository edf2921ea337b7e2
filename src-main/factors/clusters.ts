/** Rounds of choosing medoids and members; it settles in a few. */
const ROUNDS = 20

/**
 * Groups of alike experts: medoids, each expert with the medoid it is most similar to. The start needs no chance: the first medoid is the
 * expert most similar to all, each next one the expert least similar to those chosen; so experts in another order give the same groups (but
 * for ties, which go to lower numbers). Groups are numbered by their lowest expert.
 * @param similarity (experts, experts), symmetric @param groups 1..experts
 * @returns the group of each expert; every group has one
 */
export function clusters(similarity: Float64Array, experts: number, groups: number): number[] {
  if (groups < 1 || groups > experts) throw new RangeError(`${groups} groups of ${experts} experts`)
  const all = Array.from({ length: experts }, (_, expert) => expert)
  let medoids = firstMedoids(similarity, all, groups)
  let members = assign(similarity, all, medoids)
  for (let round = 0; round < ROUNDS; round++) {
    const next = medoids.map((_, group) =>
      centerOf(
        similarity,
        all.filter((expert) => members[expert] === group),
        experts,
      ),
    )
    if (next.every((medoid, group) => medoid === medoids[group])) break
    medoids = next
    members = assign(similarity, all, medoids)
  }
  const order = [...new Set(members)]
  return members.map((group) => order.indexOf(group))
}

function firstMedoids(similarity: Float64Array, all: readonly number[], groups: number): number[] {
  const chosen = [centerOf(similarity, all, all.length)]
  while (chosen.length < groups) {
    const free = all.filter((expert) => !chosen.includes(expert))
    chosen.push(least(free, (expert) => Math.max(...chosen.map((medoid) => similarity[expert * all.length + medoid] as number))))
  }
  return chosen
}

/** The one of `among` that is most similar to all of them. */
function centerOf(similarity: Float64Array, among: readonly number[], experts: number): number {
  return least(among, (expert) => -among.reduce((sum, other) => sum + (similarity[expert * experts + other] as number), 0))
}

/** Medoids stay in their own group, so none is empty. */
function assign(similarity: Float64Array, all: readonly number[], medoids: readonly number[]): number[] {
  return all.map((expert) => {
    const own = medoids.indexOf(expert)
    return own >= 0 ? own : least([...medoids.keys()], (group) => -(similarity[expert * all.length + (medoids[group] as number)] as number))
  })
}

function least(of: readonly number[], measure: (one: number) => number): number {
  return of.reduce((best, one) => (measure(one) < measure(best) ? one : best))
}
