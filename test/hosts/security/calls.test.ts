import { beforeEach, expect, test, vi } from 'vitest'
import { CALL_NAMES, type WhittleBridge } from '../../../src-main/contract/wire.ts'
import * as electron from '../electron/fake-electron.ts'
import { resetElectron, startedApp } from '../electron/started-app.ts'

vi.mock('electron', () => import('../electron/fake-electron.ts'))
const { startApp: start } = await import('../../../src-main/hosts/electron/app.ts')
const { MAX_CALL_LENGTH } = await import('../../../src-main/hosts/electron/carry-calls.ts')
await import('../../../src-main/hosts/electron/preload.ts')

beforeEach(resetElectron)

const REFUSED = { error: { code: 'request-invalid' } }

test('point 17: there is one channel, and it answers our page in its own top frame only', async () => {
  const { call } = await startedApp(start)
  expect([...electron.ipcMain.handlers.keys()]).toEqual(['whittle:call'])
  expect(await call('app.info', {})).toMatchObject({ output: { host: 'electron', canPickFolder: true, canReveal: true } })
  const url = 'app://whittle/index.html'
  for (const frame of [
    null,
    { url, parent: {} },
    { url: 'https://evil.example/', parent: null },
    { url: 'app://whittle.evil/', parent: null },
    { url: 'file:///index.html', parent: null },
    { url: 'about:blank', parent: null },
  ]) {
    expect(await call('app.info', {}, frame), JSON.stringify(frame)).toMatchObject(REFUSED)
  }
})

test('point 17: names outside the contract and inputs of another shape are refused', async () => {
  const { call } = await startedApp(start)
  for (const name of ['constructor', '__proto__', 'toString', '', null, 5, ['app.info'], { name: 'app.info' }])
    expect(await call(name as string, {}), JSON.stringify(name)).toMatchObject(REFUSED)
  for (const input of [null, 5, 'x', [], { runId: 5 }, { runId: null }, {}])
    expect(await call('run.get', input), JSON.stringify(input)).toMatchObject(REFUSED)
  expect(await call('run.get', { runId: 'nope' })).toMatchObject({ error: { code: 'run-not-found' } })
})

test('point 17: every call of the contract refuses an input that is no object', async () => {
  const { call } = await startedApp(start)
  for (const name of CALL_NAMES) expect(await call(name, 'x'), name).toMatchObject(REFUSED)
})

test('point 17: oversized inputs and such as are no JSON are refused before anything reads them', async () => {
  const { call } = await startedApp(start)
  const endless: Record<string, unknown> = {}
  endless['self'] = endless
  for (const input of [{ bundle: 'x'.repeat(MAX_CALL_LENGTH) }, { bundle: endless }, { bundle: 1n }]) {
    expect(await call('bundle.import', input)).toEqual({ error: expect.objectContaining({ message: 'refused' }) })
  }
})

test('point 20: the page is given named functions, frozen in number, and nothing of Electron', () => {
  expect([...electron.contextBridge.exposed.keys()]).toEqual(['whittle'])
  const bridge = electron.contextBridge.exposed.get('whittle') as WhittleBridge
  expect(
    Object.entries(bridge)
      .map(([name, value]) => `${name}: ${typeof value}`)
      .sort(),
  ).toEqual(['call: function', 'onCommand: function', 'onEvent: function', 'pathForFile: function'])
  expect(Object.values(bridge)).not.toContain(electron.ipcRenderer)
})
