import { Menu, Tray } from 'electron'
import type { HostWords } from './words.ts'

/** The sign of a run that works on without a window. */
export interface BackgroundSign {
  remove(): void
}

/** Shows it; a click brings the window back. @param icon path of a small picture */
export function showInTray(icon: string, words: HostWords, actions: { open(): unknown; quit(): void }): BackgroundSign {
  const tray = new Tray(icon)
  tray.setToolTip(words.trayWorking)
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: words.trayOpen, click: actions.open },
      { label: words.quit, click: actions.quit },
    ]),
  )
  tray.on('click', actions.open)
  // A click that removes it is still being answered: the tray goes once that is done.
  return {
    remove: () => {
      setImmediate(() => tray.destroy())
    },
  }
}
