/** How the page reaches the service: a preload script in Electron, a WebSocket on the loopback page. */
export interface Transport {
  /** Sends one call; rejects with the error its wire form stands for, or with {@link ConnectionLost}. */
  call(name: string, input: unknown): Promise<unknown>
  /** Listens to run events; returns the function that stops listening. */
  onEvent(listener: (event: unknown) => void): () => void
  /** Tells whether the service can be reached, now and on every change. */
  onConnection(listener: (connected: boolean) => void): () => void
  /** The path of a dropped file or folder, where the host can know it. */
  pathForFile?(file: File): string
}

/** The service can't be reached; the call may be tried again once it can. */
export class ConnectionLost extends Error {
  constructor() {
    super('connection lost')
    this.name = 'ConnectionLost'
  }
}
