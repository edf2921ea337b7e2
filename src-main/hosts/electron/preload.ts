/**
 * The window's only door: three named functions, nothing of Electron itself. It runs sandboxed, so it is built as one CommonJS
 * file that requires nothing but Electron.
 */
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron'
import type { RunEvent } from '../../contract/events.ts'
import type { CallResult, WhittleBridge } from '../../contract/wire.ts'
import { CALL_CHANNEL, EVENT_CHANNEL } from './channels.ts'

const bridge: WhittleBridge = {
  // The main process checks name and input: a page that lies gets an error, not a call.
  call: (name, input) => ipcRenderer.invoke(CALL_CHANNEL, name, input) as Promise<CallResult>,
  onEvent(listener) {
    const hear = (_: IpcRendererEvent, event: RunEvent): void => listener(event)
    ipcRenderer.on(EVENT_CHANNEL, hear)
    return () => { ipcRenderer.removeListener(EVENT_CHANNEL, hear) }
  },
  pathForFile: (file) => webUtils.getPathForFile(file),
}

contextBridge.exposeInMainWorld('whittle', bridge)
