/** One band of quality loss: everything below `below` nats per token (and above the band before). */
export interface QualityBand {
  readonly below: number
  readonly word: string
  readonly tone: 'good' | 'warn' | 'bad'
  readonly sentence: string
}

/** The thresholds the app judges by; they are always shown beside the verdict. */
export const QUALITY_BANDS: readonly QualityBand[] = [
  { below: 0.01, word: 'Very close', tone: 'good', sentence: 'Answers are nearly always what the original would say.' },
  { below: 0.05, word: 'Close', tone: 'good', sentence: 'Small differences in wording; most people will not notice.' },
  { below: 0.15, word: 'Noticeable', tone: 'warn', sentence: 'Some answers will differ. Fine for casual use, check it for careful work.' },
  { below: Infinity, word: 'Clearly worse', tone: 'bad', sentence: 'The model was cut hard. Choose a bigger budget if you can.' },
]

/** The band of a mean KL divergence in nats per token. */
export function qualityBand(klDivergence: number): QualityBand {
  const band = QUALITY_BANDS.find((each) => klDivergence < each.below)
  return band ?? (QUALITY_BANDS[QUALITY_BANDS.length - 1] as QualityBand)
}
