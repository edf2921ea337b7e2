import { Worker } from 'node:worker_threads'
import type { ErrorDetails } from '../contract/error-details.ts'

/** A thread that takes more memory than this is stopped, bytes. */
const MEMORY_LIMIT = 128 * 2 ** 20

/** How often its memory is looked at. */
const LOOK_MS = 10

/** A thread that runs into its heap's own limit may take the whole process along; it is stopped long before. */
const HEAP_LIMIT_MB = 2048

/** Why a program from the internet gave no answer: it said so itself, was too slow or took too much memory. */
type WhyStopped = ErrorDetails['template-invalid']

/** A program from the internet that failed, or was stopped. */
export class ThreadStopped extends Error {
  override readonly name = 'ThreadStopped'
  /** Whether it was stopped, and did not say itself that it failed. */
  readonly beyondLimits: boolean
  readonly why: WhyStopped
  constructor(why: WhyStopped, beyondLimits: boolean) {
    super(JSON.stringify(why))
    this.why = why
    this.beyondLimits = beyondLimits
  }
}

/**
 * Runs `code` in a thread of its own, which can be stopped: chat templates and regular expressions are programs from the internet. The
 * thread is given as text, and the paths of its libraries with its data, so that it also starts from a bundle. It posts {answer} or
 * {error}. Throws {@link ThreadStopped}.
 */
export async function runStoppable(code: string, workerData: Record<string, unknown>, limitMs: number): Promise<unknown> {
  const thread = new Worker(code, { eval: true, workerData, resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB } })
  try {
    return await answerOf(thread, limitMs)
  } finally {
    await thread.terminate()
  }
}

function answerOf(thread: Worker, limitMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      clearInterval(looking)
    }
    const fail = (why: WhyStopped, beyondLimits = true): void => {
      settle()
      reject(new ThreadStopped(why, beyondLimits))
    }
    const timer = setTimeout(() => {
      fail({ reason: 'template-slow', milliseconds: limitMs })
    }, limitMs)
    // A thread that has not started or has ended says nothing of its memory, and takes none.
    const looking = setInterval(
      () =>
        void thread.getHeapStatistics().then(
          ({ used_heap_size: used }) => {
            if (used > MEMORY_LIMIT) fail({ reason: 'template-large', mebibytes: MEMORY_LIMIT / 2 ** 20 })
          },
          () => {},
        ),
      LOOK_MS,
    )
    thread.once('message', (message: { answer: unknown } | { error: string }) => {
      if ('error' in message) return fail({ said: message.error }, false)
      settle()
      resolve(message.answer)
    })
    thread.once('error', (error) => {
      fail({ said: error instanceof Error ? error.message : String(error) })
    })
  })
}
