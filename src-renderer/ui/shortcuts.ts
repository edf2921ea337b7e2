import type { MessageKey } from '../locales/i18n.ts'
import type { CommandName } from './commands.ts'

/** A key with what it does. `control`: held with Ctrl, or with Command on a Mac. */
export interface Shortcut {
  readonly command: CommandName
  readonly key: string
  readonly control: boolean
  readonly does: MessageKey
}

export const SHORTCUTS: readonly Shortcut[] = [
  { command: 'new-run', key: 'n', control: true, does: 'shell.doNewRun' },
  { command: 'open-model', key: 'o', control: true, does: 'shell.doOpenModel' },
  { command: 'export', key: 'e', control: true, does: 'shell.doExport' },
  { command: 'settings', key: ',', control: true, does: 'shell.doSettings' },
  { command: 'find', key: 'f', control: true, does: 'shell.doFind' },
  { command: 'back', key: 'Escape', control: false, does: 'shell.doBack' },
  { command: 'shortcuts', key: '?', control: false, does: 'shell.doShortcuts' },
]

export const isMac = (): boolean => /Mac/.test(navigator.userAgent)

/** The command a pressed key asks for; none while somebody types, except with Ctrl or Command held. */
export function commandOf(event: KeyboardEvent, mac = isMac()): CommandName | null {
  if (event.defaultPrevented || event.isComposing || event.altKey) return null
  const held = mac ? event.metaKey : event.ctrlKey
  const other = mac ? event.ctrlKey : event.metaKey
  if (other || (!held && isTyping(event.target))) return null
  return (
    SHORTCUTS.find(({ key, control }) => control === held && key === (key.length === 1 ? event.key.toLowerCase() : event.key))?.command ??
    null
  )
}

/** Whether keys go into a field, a list that is open, or a dialog, which have their own use for them. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, [contenteditable], [role=dialog], [role=alertdialog], [role=menu], [role=listbox]') !== null
  )
}
