import { toErrorShape } from '../contract/errors.ts'
import type { CallResult, WireRequest } from '../contract/wire.ts'
import type { Caller } from '../service/service.ts'

/**
 * What came of a call that crossed a socket or Electron's bridge. The stack of a bug stays on this side, told to `log`.
 */
export async function answerCall(
  caller: Pick<Caller, 'call'>,
  { name, input }: Pick<WireRequest, 'name' | 'input'>,
  log: (text: string) => void,
): Promise<CallResult> {
  try {
    return { output: await caller.call(name, input as never) } // checked by the service against the call's schema
  } catch (error) {
    const shape = toErrorShape(error)
    if (shape.code !== 'internal') return { error: shape }
    log(`${name}: ${String(shape.details.stack ?? shape.message)}`)
    return { error: { ...shape, details: {} } }
  }
}
