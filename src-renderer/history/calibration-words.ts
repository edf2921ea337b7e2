import type { KeptCalibration } from '../../src-main/contract/calls.ts'
import { t } from '../locales/i18n.ts'

/** The model a calibration belongs to; an older version did not write it down. */
export function modelOfCalibration(kept: KeptCalibration): string {
  return kept.modelName ?? t('history.calUnknownModel')
}

/** The text that was read: a file's name, or the text that comes with Whittle. */
export function textOfCalibration(kept: KeptCalibration): string {
  if (kept.corpus !== null) return kept.corpus.replace(/^.*[\\/]/, '')
  return kept.tokens === null ? t('history.calUnknown') : t('history.calOwnText')
}
