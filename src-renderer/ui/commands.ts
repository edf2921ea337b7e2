import { onBeforeUnmount, onMounted } from 'vue'
import type { AppCommand } from '../../src-main/contract/wire.ts'

/** What keys and the native menu can ask for. `find` and `back` are asked by keys alone. */
export type CommandName = Exclude<AppCommand['name'], 'open-path' | 'page-recovered'> | 'find' | 'back'

type Handler = () => void

/** Who answers, by command; the one who came last is asked. */
const handlers = new Map<CommandName, Handler[]>()

/** Answers a command while the calling component is on screen, instead of whoever answered before. */
export function useCommand(name: CommandName, handler: Handler): void {
  onMounted(() => handlers.set(name, [...(handlers.get(name) ?? []), handler]))
  onBeforeUnmount(() =>
    handlers.set(
      name,
      (handlers.get(name) ?? []).filter((each) => each !== handler),
    ),
  )
}

/** Has a command done; answers whether anybody did. */
export function runCommand(name: CommandName): boolean {
  const handler = handlers.get(name)?.at(-1)
  handler?.()
  return handler !== undefined
}
