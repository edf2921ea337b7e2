import { ref, type Ref } from 'vue'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import { toErrorShape } from '../../src-main/contract/errors.ts'
import { ConnectionLost } from '../transports/transport.ts'

/** What a caught error is called on screen. */
export function toFailure(error: unknown): ErrorShape {
  if (error instanceof ConnectionLost) return { code: 'connection-lost', message: error.message, details: {} }
  return toErrorShape(error)
}

/** One user action that may fail: whether it is under way, what went wrong, and the function that does it. */
export interface Action<A extends unknown[]> {
  readonly pending: Ref<boolean>
  readonly failure: Ref<ErrorShape | null>
  /** Runs it; answers whether it went well. */
  readonly run: (...args: A) => Promise<boolean>
}

/** Wraps `work` so that a button can show that it is busy and a card can show why it failed. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Action<A> {
  const pending = ref(false)
  const failure = ref<ErrorShape | null>(null)
  const run = async (...args: A): Promise<boolean> => {
    if (pending.value) return false
    pending.value = true
    failure.value = null
    try {
      await work(...args)
      return true
    } catch (error) {
      failure.value = toFailure(error)
      return false
    } finally {
      pending.value = false
    }
  }
  return { pending, failure, run }
}
