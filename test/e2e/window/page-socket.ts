/**
 * A page of a program whose fuses shut the door that Playwright's `_electron` comes in by: spoken to over its debugging port, as a debugger
 * would.
 */
export interface PageSocket {
  /** Evaluates a function in the page, as if the user had pressed something. */
  evaluate<R, A = undefined>(act: (input: A) => R | Promise<R>, input?: A): Promise<R>
  close(): void
}

interface Target {
  readonly type: string
  readonly url: string
  readonly webSocketDebuggerUrl: string
}
interface Evaluated {
  readonly result?: {
    readonly result: { readonly value?: unknown }
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits for the app's page behind a debugging port. */
export async function connectPage(port: number): Promise<PageSocket> {
  const socket = new WebSocket(await findPage(port))
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('the page does not answer its debugger'))
  })
  const waiting = new Map<number, (answer: Evaluated) => void>()
  let last = 0
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(String(data)) as Evaluated & { id: number } // Chromium's own protocol
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  }
  return {
    async evaluate<R, A>(act: (input: A) => R | Promise<R>, input?: A) {
      const id = ++last
      const params = {
        expression: `(${act.toString()})(${JSON.stringify(input)})`,
        awaitPromise: true,
        returnByValue: true,
        userGesture: true,
      }
      const answered = new Promise<Evaluated>((resolve) => waiting.set(id, resolve))
      socket.send(JSON.stringify({ id, method: 'Runtime.evaluate', params }))
      const { result } = await answered
      if (result === undefined || result.exceptionDetails !== undefined)
        throw new Error(result?.exceptionDetails?.exception?.description ?? 'not evaluated')
      return result.result.value as R // what the function gave, as JSON
    },
    close: () => socket.close(),
  }
}

async function findPage(port: number): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const targets = await fetch(`http://127.0.0.1:${port}/json`)
      .then((answer) => answer.json() as Promise<Target[]>)
      .catch(() => []) // not up yet
    const page = targets.find(({ type, url }) => type === 'page' && url.startsWith('app:'))
    if (page !== undefined) return page.webSocketDebuggerUrl
    await pause(300)
  }
  throw new Error(`no page of Whittle's behind port ${port} within 30 s`)
}
