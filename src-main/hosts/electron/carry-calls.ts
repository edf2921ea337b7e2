import { ipcMain, type WebContents } from 'electron'
import { BUNDLE_LIMITS } from '../../contract/bundle.ts'
import { WireRequest, type CallResult } from '../../contract/wire.ts'
import type { Service } from '../../service/service.ts'
import { answerCall } from '../answer-call.ts'
import { CALL_CHANNEL, EVENT_CHANNEL } from './channels.ts'
import { isOwnSender } from './security.ts'

const REFUSED: CallResult = { error: { code: 'request-invalid', message: 'refused', details: { reason: 'unknown-call' } } }

const Call = WireRequest.pick({ name: true, input: true })

/** Longest call as JSON: a bundle of runs and the call around it. All other calls are a few hundred bytes. */
export const MAX_CALL_LENGTH = BUNDLE_LIMITS.bytes + (1 << 20)

/** Answers the page's calls. One that comes from elsewhere than our page, or that is no call of the contract, is refused. */
export function answerCalls(service: Service, log: (text: string) => void): void {
  ipcMain.handle(CALL_CHANNEL, async (event, name: unknown, input: unknown): Promise<CallResult> => {
    if (!isOwnSender(event)) return REFUSED
    const call = Call.safeParse({ name, input })
    if (!call.success || !isPlain(input)) return REFUSED
    return answerCall(service, call.data, log)
  })
}

/** Whether an input is what a socket could have carried: JSON, and not longer than any call is. */
function isPlain(input: unknown): boolean {
  try {
    return (JSON.stringify(input) ?? '').length <= MAX_CALL_LENGTH
  } catch {
    return false // loops and big integers are no JSON
  }
}

/** Sends every event of the service to a page; a page loaded anew first hears how far the run at work is. */
export function carryEvents(service: Service, contents: WebContents): void {
  let stop: () => void = () => {}
  contents.on('did-finish-load', () => {
    stop()
    stop = service.subscribe((event) => {
      if (!contents.isDestroyed()) contents.send(EVENT_CHANNEL, event)
    })
  })
  contents.on('destroyed', () => stop())
}
