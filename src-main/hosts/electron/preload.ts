/**
 * The window's only door: four named functions, nothing of Electron itself. It runs sandboxed, so it is built as one CommonJS
 * file that requires nothing but Electron.
 */
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron'
import type { RunEvent } from '../../contract/events.ts'
import type { AppCommand, CallResult, WhittleBridge } from '../../contract/wire.ts'
import { CALL_CHANNEL, COMMAND_CHANNEL, EVENT_CHANNEL } from './channels.ts'

// A menu may be quicker than the page: what is asked before it listens waits here.
const unheard: AppCommand[] = []
let hearCommand: ((command: AppCommand) => void) | null = null
ipcRenderer.on(COMMAND_CHANNEL, (_: IpcRendererEvent, command: AppCommand) => {
  if (hearCommand === null) unheard.push(command)
  else hearCommand(command)
})

const bridge: Required<WhittleBridge> = {
  // The main process checks name and input: a page that lies gets an error, not a call.
  call: (name, input) => ipcRenderer.invoke(CALL_CHANNEL, name, input) as Promise<CallResult>,
  onEvent(listener) {
    const hear = (_: IpcRendererEvent, event: RunEvent): void => listener(event)
    ipcRenderer.on(EVENT_CHANNEL, hear)
    return () => {
      ipcRenderer.removeListener(EVENT_CHANNEL, hear)
    }
  },
  pathForFile: (file) => webUtils.getPathForFile(file),
  onCommand(listener) {
    hearCommand = listener
    for (const command of unheard.splice(0)) listener(command)
    return () => {
      if (hearCommand === listener) hearCommand = null
    }
  },
}

contextBridge.exposeInMainWorld('whittle', bridge)
