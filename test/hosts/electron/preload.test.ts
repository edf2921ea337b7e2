import { expect, test, vi } from 'vitest'
import type { WhittleBridge } from '../../../src-main/contract/wire.ts'
import * as electron from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
await import('../../../src-main/hosts/electron/preload.ts')
const bridge = electron.contextBridge.exposed.get('whittle') as Required<WhittleBridge>

test('the page gets four functions and nothing else', () => {
  expect([...electron.contextBridge.exposed.keys()]).toEqual(['whittle'])
  expect(Object.keys(bridge).sort()).toEqual(['call', 'onCommand', 'onEvent', 'pathForFile'])
})

test('calls go over their one channel; paths come from Electron', async () => {
  expect(await bridge.call('app.info', {})).toEqual({ output: 'answered' })
  expect(electron.ipcRenderer.invoke).toHaveBeenCalledWith('whittle:call', 'app.info', {})
  expect(bridge.pathForFile(new File([], 'x'))).toBe('/dropped/folder')
})

test("a listener hears the event without Electron's own object, until it stops", () => {
  const heard: unknown[][] = []
  const stop = bridge.onEvent((...args) => heard.push(args))
  electron.ipcRenderer.emit('whittle:event', { sender: 'secret' }, { kind: 'log' })
  stop()
  electron.ipcRenderer.emit('whittle:event', { sender: 'secret' }, { kind: 'log' })
  expect(heard).toEqual([[{ kind: 'log' }]])
})

test('commands that come before the page listens wait for it', () => {
  electron.ipcRenderer.emit('whittle:command', { sender: 'secret' }, { name: 'new-run' })
  const heard: unknown[][] = []
  const stop = bridge.onCommand((...args) => heard.push(args))
  electron.ipcRenderer.emit('whittle:command', {}, { name: 'settings' })
  stop()
  electron.ipcRenderer.emit('whittle:command', {}, { name: 'history' })
  expect(heard).toEqual([[{ name: 'new-run' }], [{ name: 'settings' }]])
  bridge.onCommand((...args) => heard.push(args))()
  expect(heard.at(-1)).toEqual([{ name: 'history' }])
})
