import { expect, test, vi } from 'vitest'
import * as electron from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { confineContents, denyPermissions, isOwnPage, isOwnSender, mayOpenOutside } = await import('../../../src-main/hosts/electron/security.ts')

test.each([
  ['https://huggingface.co/Qwen/Qwen3-30B-A3B', true], ['https://github.com/ggml-org/llama.cpp', true],
  ['http://huggingface.co/', false], ['https://evil.example/', false], ['https://huggingface.co.evil.example/', false],
  ['https://huggingface.co@evil.example/', false], ['https://user:pass@github.com/', false], ['https://github.com:8443/', false],
  ['file:///etc/passwd', false], ['smb://share/x', false], ['javascript:alert(1)', false], ['ms-settings:', false], ['app://whittle/', false], ['', false], ['x', false],
])('may %j be opened outside: %s', (address, allowed) => expect(mayOpenOutside(address)).toBe(allowed))

test.each([
  ['app://whittle/index.html', true], ['app://whittle/index.html#/new', true], ['app://whittle.evil/index.html', false], ['app://other/', false],
  ['app://whittle', false], ['https://whittle/index.html', false], ['file:///index.html', false], ['about:blank', false],
])('is %j our page: %s', (address, own) => expect(isOwnPage(address)).toBe(own))

test('a message counts only from our page in the top frame', () => {
  const url = 'app://whittle/index.html'
  type Event = Parameters<typeof isOwnSender>[0]
  expect(isOwnSender({ senderFrame: { url, parent: null } } as Event)).toBe(true)
  expect(isOwnSender({ senderFrame: { url, parent: {} } } as Event)).toBe(false)
  expect(isOwnSender({ senderFrame: { url: 'https://evil.example/', parent: null } } as Event)).toBe(false)
  expect(isOwnSender({ senderFrame: null })).toBe(false)
})

test('no permission is ever given', () => {
  denyPermissions(electron.session.defaultSession as never)
  const answer = vi.fn()
  electron.session.defaultSession.setPermissionRequestHandler.mock.calls[0]?.[0]({}, 'media', answer)
  expect(answer).toHaveBeenCalledWith(false)
  expect(electron.session.defaultSession.setPermissionCheckHandler.mock.calls[0]?.[0]()).toBe(false)
  expect(electron.session.defaultSession.setDevicePermissionHandler.mock.calls[0]?.[0]()).toBe(false)
})

test('contents stay on our page: no navigation, no redirect, no webview, no window', async () => {
  confineContents()
  const contents = new electron.FakeContents()
  electron.app.emit('web-contents-created', {}, contents)
  const prevented = (event: string, url = ''): boolean => {
    const preventDefault = vi.fn()
    contents.emit(event, { url, preventDefault })
    return preventDefault.mock.calls.length > 0
  }
  expect(prevented('will-navigate', 'https://evil.example/')).toBe(true)
  expect(prevented('will-navigate', 'file:///etc/passwd')).toBe(true)
  expect(prevented('will-redirect', 'https://evil.example/')).toBe(true)
  expect(prevented('will-navigate', 'app://whittle/index.html')).toBe(false)
  expect(prevented('will-attach-webview')).toBe(true)
  expect(contents.openHandler({ url: 'file:///etc/passwd' })).toEqual({ action: 'deny' })
  expect(electron.dialog.showMessageBox).not.toHaveBeenCalled()
  expect(contents.openHandler({ url: 'https://huggingface.co/x' })).toEqual({ action: 'deny' })
  await vi.waitFor(() => expect(electron.shell.openExternal).toHaveBeenCalledWith('https://huggingface.co/x'))
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 })
  contents.openHandler({ url: 'https://github.com/x' })
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(electron.shell.openExternal).toHaveBeenCalledTimes(1)
})
