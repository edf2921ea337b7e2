import { isResourceName } from '../../src-main/contract/resource-name.ts'
import { t } from '../locales/i18n.ts'

/** Where a model lies, to be read: its path, or words for what comes with Whittle and lies nowhere in particular. */
export function placeWords(path: string): string {
  return isResourceName(path) ? t('words.comesAlong') : path
}
