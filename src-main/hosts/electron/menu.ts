import { Menu, shell, type MenuItemConstructorOptions } from 'electron'

/** What the menu can do beside what Electron brings. */
export interface MenuActions {
  newRun(): void
  history(): void
  /** Stops the run at work, if there is one. */
  cancelRun(): void
  readonly logFolder: string
}

/** Sets the app's menu, in the order the platform expects. */
export function setMenu(actions: MenuActions, platform: NodeJS.Platform = process.platform): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(actions, platform)))
}

export function menuTemplate(actions: MenuActions, platform: NodeJS.Platform): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin'
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        { label: 'New Run', accelerator: 'CmdOrCtrl+N', click: actions.newRun },
        { label: 'History', accelerator: 'CmdOrCtrl+Shift+H', click: actions.history },
        { type: 'separator' },
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    { label: '&Run', submenu: [{ label: 'Cancel the Run', click: actions.cancelRun }] },
    {
      label: '&View',
      submenu: [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { type: 'separator' }, { role: 'togglefullscreen' }, { role: 'toggleDevTools' }],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [{ label: 'Show Logs', click: () => void shell.openPath(actions.logFolder) }, ...(isMac ? [] : [{ role: 'about' } as const])] },
  ]
}
