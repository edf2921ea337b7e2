import { Menu, type MenuItemConstructorOptions } from 'electron'
import type { APP_COMMANDS, AppCommand } from '../../contract/wire.ts'
import type { Settings } from '../../contract/settings.ts'
import type { HostWords } from './words.ts'

/** What the menu needs to know and can do. */
export interface MenuState {
  readonly words: HostWords
  readonly theme: Settings['theme']
  /** Whether a run works: pausing and cancelling make sense only then. */
  readonly working: boolean
  readonly platform: NodeJS.Platform
  /** Tools for developers: only where the app runs from its sources. */
  readonly developer: boolean
  /** Hands a wish to the page. */
  send(command: AppCommand): void
  openLogs(): void
}

type Item = MenuItemConstructorOptions

/** Sets the app's menu. */
export function setMenu(state: MenuState): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(state)))
}

/** The menu in the order the platform expects. */
export function menuTemplate(state: MenuState): Item[] {
  return [
    ...(state.platform === 'darwin' ? [appMenu(state)] : []),
    fileMenu(state),
    editMenu(state),
    viewMenu(state),
    runMenu(state),
    windowMenu(state),
    helpMenu(state),
  ]
}

/** An item the page answers. */
function wish({ send }: MenuState, label: string, name: (typeof APP_COMMANDS)[number], more: Partial<Item> = {}): Item {
  return { label, click: () => send({ name }), ...more }
}

const line: Item = { type: 'separator' }

function appMenu(state: MenuState): Item {
  const { words } = state
  return {
    label: 'Whittle',
    submenu: [
      wish(state, words.about, 'about'),
      line,
      wish(state, words.settings, 'settings', { accelerator: 'Cmd+,' }),
      line,
      { role: 'services', label: words.services },
      line,
      { role: 'hide', label: words.hide },
      { role: 'hideOthers', label: words.hideOthers },
      { role: 'unhide', label: words.showAll },
      line,
      { role: 'quit', label: words.quit },
    ],
  }
}

function fileMenu(state: MenuState): Item {
  const { words } = state
  const isMac = state.platform === 'darwin'
  const recent: Item = {
    role: 'recentDocuments',
    label: words.openRecent,
    submenu: [{ role: 'clearRecentDocuments', label: words.clearRecent }],
  }
  return {
    label: words.file,
    submenu: [
      wish(state, words.newRun, 'new-run', { accelerator: 'CmdOrCtrl+N' }),
      wish(state, words.openModel, 'open-model', { accelerator: 'CmdOrCtrl+O' }),
      ...(isMac ? [recent] : []),
      line,
      wish(state, words.export, 'export', { accelerator: 'CmdOrCtrl+E' }),
      line,
      ...(isMac
        ? [{ role: 'close' as const, label: words.close }]
        : [wish(state, words.settings, 'settings', { accelerator: 'Ctrl+,' }), line, { role: 'quit' as const, label: words.quit }]),
    ],
  }
}

function editMenu({ words }: MenuState): Item {
  return {
    label: words.edit,
    submenu: [
      { role: 'undo', label: words.undo },
      { role: 'redo', label: words.redo },
      line,
      { role: 'cut', label: words.cut },
      { role: 'copy', label: words.copy },
      { role: 'paste', label: words.paste },
      { role: 'selectAll', label: words.selectAll },
    ],
  }
}

function viewMenu(state: MenuState): Item {
  const { words } = state
  const themes = [
    ['system', words.themeSystem],
    ['light', words.themeLight],
    ['dark', words.themeDark],
  ] as const
  return {
    label: words.view,
    submenu: [
      wish(state, words.history, 'history', { accelerator: 'CmdOrCtrl+Shift+H' }),
      wish(state, words.compare, 'compare'),
      line,
      {
        label: words.theme,
        submenu: themes.map(([theme, label]) => wish(state, label, `theme-${theme}`, { type: 'radio', checked: state.theme === theme })),
      },
      line,
      { role: 'resetZoom', label: words.actualSize },
      { role: 'zoomIn', label: words.zoomIn },
      { role: 'zoomOut', label: words.zoomOut },
      line,
      { role: 'reload', label: words.pageReload },
      { role: 'togglefullscreen', label: words.fullScreen },
      ...(state.developer ? [{ role: 'toggleDevTools' as const, label: words.developerTools }] : []),
    ],
  }
}

function runMenu(state: MenuState): Item {
  const { words, working: enabled } = state
  return { label: words.run, submenu: [wish(state, words.pause, 'pause', { enabled }), wish(state, words.cancel, 'cancel', { enabled })] }
}

function windowMenu({ words, platform }: MenuState): Item {
  const more: Item[] =
    platform === 'darwin'
      ? [{ role: 'zoom', label: words.zoomWindow }, line, { role: 'front', label: words.allToFront }]
      : [{ role: 'close', label: words.close }]
  return { label: words.window, role: 'window', submenu: [{ role: 'minimize', label: words.minimize }, ...more] }
}

function helpMenu(state: MenuState): Item {
  const { words } = state
  return {
    label: words.help,
    role: 'help',
    submenu: [
      wish(state, words.shortcuts, 'shortcuts'),
      { label: words.logs, click: () => state.openLogs() },
      ...(state.platform === 'darwin' ? [] : [line, wish(state, words.about, 'about')]),
    ],
  }
}
