import { t } from '../locales/i18n.ts'

/** One band of quality loss: everything below `below` nats per token (and above the band before). */
export interface QualityBand {
  readonly below: number
  readonly word: string
  readonly tone: 'good' | 'warn' | 'bad'
  readonly sentence: string
}

const band = (below: number, id: 'veryClose' | 'close' | 'noticeable' | 'worse', tone: QualityBand['tone']): QualityBand => ({
  below,
  tone,
  get word() {
    return t(`words.quality-${id}`)
  },
  get sentence() {
    return t(`words.quality-${id}-sentence`)
  },
})

const WORST = band(Infinity, 'worse', 'bad')

/** The thresholds the app judges by; they are always shown beside the verdict. */
export const QUALITY_BANDS: readonly QualityBand[] = [
  band(0.01, 'veryClose', 'good'),
  band(0.05, 'close', 'good'),
  band(0.15, 'noticeable', 'warn'),
  WORST,
]

/** The band of a mean KL divergence in nats per token. */
export function qualityBand(klDivergence: number): QualityBand {
  return QUALITY_BANDS.find((each) => klDivergence < each.below) ?? WORST
}
