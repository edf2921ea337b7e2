import { dialog } from 'electron'
import { basename } from 'node:path'
import type { ErrorShape } from '../../contract/error-shape.ts'
import { toErrorShape } from '../../contract/errors.ts'
import { errorText } from '../cli/words.ts'
import { openWorkplace, type Workplace, type WorkplaceOptions } from '../workplace.ts'
import type { HostWords } from './words.ts'

/** Opens the workplace; where its history cannot be read, an empty one if the user wants that. Null when there is none: why was said. */
export async function openAsking(options: WorkplaceOptions, words: HostWords): Promise<Workplace | null> {
  try {
    return openWorkplace(options)
  } catch (error) {
    const shape = toErrorShape(error)
    if (shape.code !== 'history-unreadable') dialog.showErrorBox(words.cannotStart, errorText(shape))
    else if (await wantsEmptyHistory(shape, words)) return openAsking({ ...options, freshHistory: true }, words)
    return null
  }
}

async function wantsEmptyHistory({ details }: ErrorShape, words: HostWords): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    message: details['why'] === 'newer' ? words.historyNewer : words.historyDamaged,
    detail: words.historyDetail.replace('{aside}', () => basename(String(details['aside']))),
    buttons: [words.historyFresh, words.quit],
    defaultId: 1,
    cancelId: 1,
  })
  return response === 0
}
