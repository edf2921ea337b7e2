import { inject, type InjectionKey } from 'vue'
import * as z from 'zod'
import { CALLS, type Call, type CallInput, type CallName, type CallOutput } from '../../src-main/contract/calls.ts'
import { RunEvent } from '../../src-main/contract/events.ts'
import type { Transport } from '../transports/transport.ts'

// Schemas are interpreted, not compiled with `new Function`: the page's policy forbids eval.
z.config({ jitless: true })

/** Everything the page asks of the core. */
export interface Api {
  call: Call
  onEvent(listener: (event: RunEvent) => void): () => void
  onConnection(listener: (connected: boolean) => void): () => void
  /** The path of a dropped file, or null where the host can't know it. */
  pathForFile(file: File): string | null
}

/** The typed face of a transport: checks every answer and every event against the contract. */
export function createApi(transport: Transport): Api {
  return {
    call: async <N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> => {
      const answer = await transport.call(name, input)
      return CALLS[name].output.parse(answer) as CallOutput<N>
    },
    onEvent: (listener) =>
      transport.onEvent((event) => {
        const parsed = RunEvent.safeParse(event)
        if (parsed.success) listener(parsed.data)
        else console.error('An event that is not in the contract', event, parsed.error)
      }),
    onConnection: (listener) => transport.onConnection(listener),
    pathForFile: (file) => transport.pathForFile?.(file) || null,
  }
}

export const API_KEY: InjectionKey<Api> = Symbol('api')

/** The API, in components and stores. */
export function useApi(): Api {
  const api = inject(API_KEY)
  if (!api) throw new Error('No API was provided to the app')
  return api
}
