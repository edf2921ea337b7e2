import type { AppInfo } from '../../src-main/contract/calls.ts'
import { t } from '../locales/i18n.ts'

/** A part the machine lacks: what that costs and what to do about it. */
export interface MissingWords {
  readonly title: string
  readonly cost: string
  readonly remedy: string
}

/** The words for one missing part. */
export function missingWords(id: AppInfo['missing'][number]['id']): MissingWords {
  return { title: t(`words.missing-${id}-title`), cost: t(`words.missing-${id}-cost`), remedy: t(`words.missing-${id}-remedy`) }
}
