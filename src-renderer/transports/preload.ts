import { fromErrorShape } from '../../src-main/contract/errors.ts'
import { CALL_NAMES, type WhittleBridge } from '../../src-main/contract/wire.ts'
import type { Transport } from './transport.ts'

declare global {
  interface Window {
    /** Put there by Electron's preload script; absent on the loopback page. */
    whittle?: WhittleBridge
  }
}

/** The transport over Electron's bridge, which is always connected. */
export function preloadTransport(bridge: WhittleBridge): Transport {
  return {
    call: async (name, input) => {
      const known = CALL_NAMES.find((each) => each === name)
      if (!known) throw new Error(`No call is named ${name}`)
      const result = await bridge.call(known, toPlain(input))
      if ('error' in result) throw fromErrorShape(result.error)
      return result.output
    },
    onEvent: (listener) => bridge.onEvent(listener),
    onConnection: (listener) => {
      listener(true)
      return () => undefined
    },
    pathForFile: (file) => bridge.pathForFile(file),
  }
}

/** Vue's proxies can't be cloned across the bridge; calls are plain JSON anyway. */
function toPlain(input: unknown): unknown {
  return JSON.parse(JSON.stringify(input))
}
