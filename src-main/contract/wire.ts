import * as z from 'zod'
import { CALLS, type CallName } from './calls.ts'
import { ErrorShape } from './error-shape.ts'
import { RunEvent } from './events.ts'

/** Names of every call, in the order of {@link CALLS}. */
export const CALL_NAMES = Object.keys(CALLS) as [CallName, ...CallName[]]

/** Path of the page host's WebSocket, on the page's own origin. */
export const WIRE_PATH = '/wire'

/** The subprotocol both sides speak over that socket: the first one a client offers, the one the host answers. */
export const WIRE_PROTOCOL = 'whittle.1'

/**
 * The second subprotocol a client offers carries the launch token, which a browser cannot set as a header:
 * `new WebSocket(url, [WIRE_PROTOCOL, tokenProtocol(token)])`. The token comes in the address's fragment (`#token=...`), which
 * no server and no referrer ever sees; the page keeps it in sessionStorage (ports apart, unlike cookies) and clears the fragment.
 */
export const tokenProtocol = (token: string): string => `token.${token}`

/** One call, client to host. `id` is the client's own, answered in the {@link WireAnswer}. */
export const WireRequest = z.object({ id: z.int().min(0), name: z.enum(CALL_NAMES), input: z.unknown() })
export type WireRequest = z.infer<typeof WireRequest>

/** What came of a call: its output, or why there is none. */
export const CallResult = z.union([z.object({ output: z.unknown() }), z.object({ error: ErrorShape })])
export type CallResult = z.infer<typeof CallResult>

/** Anything the host sends: the answer to a request, or an event of a run. */
export const WireMessage = z.union([z.object({ id: z.int(), result: CallResult }), z.object({ event: RunEvent })])
export type WireMessage = z.infer<typeof WireMessage>

/** What the native menu, a dropped icon or a second start may ask of the page; the theme's menu items among them. */
export const APP_COMMANDS = [
  'new-run',
  'open-model',
  'export',
  'settings',
  'history',
  'compare',
  'shortcuts',
  'about',
  'pause',
  'cancel',
  'theme-system',
  'theme-light',
  'theme-dark',
] as const

/**
 * What the page is told from outside that no menu asks. `open-path`: a folder or file was opened with Whittle. `page-recovered`: the page
 * failed and was loaded again.
 */
type AppNews = { readonly name: 'open-path'; readonly path: string } | { readonly name: 'page-recovered' }

/** A wish or a piece of news that comes from outside the page. */
export type AppCommand = { readonly name: (typeof APP_COMMANDS)[number] } | AppNews

/**
 * What Electron's preload puts on `window.whittle`. Results come as data because errors lose their fields on the way through
 * the bridge. `pathForFile` gives the path of a dropped or picked File.
 */
export interface WhittleBridge {
  call(name: CallName, input: unknown): Promise<CallResult>
  onEvent(listener: (event: RunEvent) => void): () => void
  pathForFile(file: File): string
  /** Hears what is asked from outside the page, also what was asked before anybody listened. Returns the function that stops listening. */
  onCommand?(listener: (command: AppCommand) => void): () => void
}
