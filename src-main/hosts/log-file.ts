import log from 'electron-log/node.js'
import { join } from 'node:path'

/** Above this size the log starts anew; the old one is kept beside it. */
const MAX_BYTES = 1 << 20

/** Where a host writes what went wrong on its side: whittle.log in `folder`, and standard error. */
export function openLog(folder: string): (text: string) => void {
  const logger = log.create({ logId: folder })
  logger.transports.file.resolvePathFn = () => join(folder, 'whittle.log')
  logger.transports.file.maxSize = MAX_BYTES
  return (text) => logger.error(text)
}
