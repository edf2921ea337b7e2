/**
 * I_e = F_e^lambda R_e^(1-lambda): how much an expert matters, by how often it is used and how many directions it needs (RFID-MoE, arXiv
 * 2602.09316; the public abstract names the two parts, the product is our reconstruction). F_e = n_e / max n, at least 1 / (2 max n) for
 * experts no token was routed to; R_e = effective rank / its maximum. All 1 where nothing was routed, or all ranks are 0.
 * @param lambda 1: frequency alone; 0: effective rank alone
 * @returns (experts), in (0, 1] but for experts of rank 0
 */
export function fusedImportance(tokens: ArrayLike<number>, effectiveRanks: ArrayLike<number>, lambda: number): Float64Array {
  const mostTokens = Math.max(0, ...Array.from(tokens))
  const highest = Math.max(0, ...Array.from(effectiveRanks))
  return Float64Array.from(tokens, (count, expert) => {
    const frequency = mostTokens === 0 ? 1 : Math.max(count, 0.5) / mostTokens
    const rank = highest === 0 ? 1 : (effectiveRanks[expert] as number) / highest
    return frequency ** lambda * rank ** (1 - lambda)
  })
}
