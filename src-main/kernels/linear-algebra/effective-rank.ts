/**
 * How many directions a matrix really uses: exp(-sum p_i ln p_i) with p_i = s_i / sum s (Roy & Vetterli, EUSIPCO 2007). Between 1 and the
 * number of singular values; 0 for a matrix of zeros.
 * @param s singular values, >= 0, in any order
 */
export function effectiveRank(s: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < s.length; i++) sum += s[i] as number
  if (sum === 0) return 0
  let entropy = 0
  for (let i = 0; i < s.length; i++) {
    const share = (s[i] as number) / sum
    if (share > 0) entropy -= share * Math.log(share)
  }
  return Math.exp(entropy)
}
