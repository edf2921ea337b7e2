/**
 * Hears what nobody else heard, in place of Node, which would end the process: a forgotten promise costs its own work, not the runs of the
 * host. An exception leaves the host in an unknown state: `end` decides what becomes of it.
 */
export function hearUnheard(log: (text: string) => void, end: (error: unknown) => void): void {
  process.on('unhandledRejection', (reason) => log(`a failure nobody waited for: ${textOf(reason)}`))
  process.on('uncaughtException', (error) => {
    log(`an error nobody caught: ${textOf(error)}`)
    end(error)
  })
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
