import { readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const { PRIORITY_BELOW_NORMAL, PRIORITY_NORMAL } = constants.priority

/**
 * Lets this process yield to other programs, or no longer. On Linux every thread has a priority of its own, and takes that of the thread
 * that starts it: all there are now are told, and those to come follow. @returns why it could not be done, null when it was
 */
export function yieldToOthers(low: boolean): string | null {
  try {
    for (const thread of threads()) setThread(thread, low ? PRIORITY_BELOW_NORMAL : PRIORITY_NORMAL)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Ids of this process's threads where each has to be told; 0 stands for the whole process. */
function threads(): number[] {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [0]
}

function setThread(thread: number, priority: number): void {
  try {
    setPriority(thread, priority)
  } catch (error) {
    // A thread that ended between the two calls needs no priority.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR' && error.message.includes('ESRCH'))) throw error
  }
}
