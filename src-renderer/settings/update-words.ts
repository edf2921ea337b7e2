import type { UpdateState } from '../../src-main/contract/calls.ts'
import { t } from '../locales/i18n.ts'

/** What is known of newer versions, as a sentence. */
export function updateWords({ state, version, reason }: UpdateState): string {
  if (state === 'unsupported' || state === 'failed')
    return reason === null ? t(`settings.update-${state}-plain`) : t(`settings.update-${state}`, { reason: reason.replace(/\.$/, '') })
  return t(`settings.update-${state}`, { version: version ?? '' })
}
