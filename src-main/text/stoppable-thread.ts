import { Worker } from 'node:worker_threads'

/** A thread that takes more memory than this is stopped, bytes. */
const MEMORY_LIMIT = 128 * 2 ** 20

/** How often its memory is looked at. */
const LOOK_MS = 10

/** A thread that runs into its heap's own limit may take the whole process along; it is stopped long before. */
const HEAP_LIMIT_MB = 2048

/** A program from the internet that failed, or was stopped for being too slow or taking too much memory; the message says which. */
export class ThreadStopped extends Error {
  override readonly name = 'ThreadStopped'
  /** Whether it was stopped, and did not say itself that it failed. */
  readonly beyondLimits: boolean
  constructor(message: string, beyondLimits: boolean) {
    super(message)
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
    const fail = (reason: string, beyondLimits = true): void => {
      settle()
      reject(new ThreadStopped(reason, beyondLimits))
    }
    const timer = setTimeout(() => {
      fail(`took longer than ${limitMs} ms`)
    }, limitMs)
    // A thread that has not started or has ended says nothing of its memory, and takes none.
    const looking = setInterval(
      () =>
        void thread.getHeapStatistics().then(
          ({ used_heap_size: used }) => {
            if (used > MEMORY_LIMIT) fail(`took more than ${MEMORY_LIMIT / 2 ** 20} MiB of memory`)
          },
          () => {},
        ),
      LOOK_MS,
    )
    thread.once('message', (message: { answer: unknown } | { error: string }) => {
      if ('error' in message) return fail(message.error, false)
      settle()
      resolve(message.answer)
    })
    thread.once('error', (error) => {
      fail(error instanceof Error ? error.message : String(error))
    })
  })
}
