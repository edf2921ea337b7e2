import type { FromEngine } from './messages.ts'

/** The engine's end of the channel to its parent. */
export interface EnginePort {
  send(message: FromEngine): void
  onMessage(listener: (message: unknown) => void): void
  /** Called when the parent is gone or has closed the channel. */
  onClose(listener: () => void): void
}

/** The part of Electron's `process.parentPort` used here. */
interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown
}

/** The channel this process was started with: Electron's parent port, or node's process IPC. */
export function openEnginePort(): EnginePort {
  const parentPort = 'parentPort' in process ? (process.parentPort as ParentPort) : undefined
  if (parentPort !== undefined) {
    return {
      send: (message) => parentPort.postMessage(message),
      onMessage: (listener) => {
        parentPort.on('message', (event) => listener(event.data))
      },
      // Electron ends its utility processes itself, when told to and when the app is gone.
      onClose: () => {},
    }
  }
  if (process.send === undefined) throw new Error('the engine is started by Whittle itself, not by hand')
  return {
    // A parent that died in between is noticed by 'disconnect'; there is nobody left to tell.
    send: (message) => {
      if (process.connected) process.send?.(message)
    },
    onMessage: (listener) => process.on('message', listener),
    onClose: (listener) => process.on('disconnect', listener),
  }
}
