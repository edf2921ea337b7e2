import * as z from 'zod'

/**
 * What an engine inside Electron says beside the contract of jobs/messages.ts. `goodbye`: it ends by itself, with this exit code;
 * Electron's own `exit` event cannot tell a code from a signal of that number. `fork…`: a process it wants started, which only the main
 * process can.
 */
export const EngineAside = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('goodbye'), code: z.int() }),
  z.object({ kind: z.literal('fork'), child: z.int(), script: z.string(), environment: z.record(z.string(), z.string()) }),
  z.object({ kind: z.literal('fork-send'), child: z.int(), message: z.unknown() }),
  z.object({ kind: z.literal('fork-kill'), child: z.int() }),
])
export type EngineAside = z.infer<typeof EngineAside>

/** What the main process tells an engine of the processes it asked for. */
export type ForkNews =
  | { readonly kind: 'fork-message'; readonly child: number; readonly message: unknown }
  | { readonly kind: 'fork-exit'; readonly child: number; readonly code: number }
