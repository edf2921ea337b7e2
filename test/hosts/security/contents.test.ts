import { expect, test, vi } from 'vitest'
import { wordsFor } from '../../../src-main/hosts/electron/words.ts'
import * as electron from '../electron/fake-electron.ts'

vi.mock('electron', () => import('../electron/fake-electron.ts'))
const { confineContents, cutOff, limitPermissions, isOwnPage, isOwnSender, mayOpenOutside } =
  await import('../../../src-main/hosts/electron/security.ts')

test.each([
  ['https://huggingface.co/Qwen/Qwen3-30B-A3B', true],
  ['https://github.com/ggml-org/llama.cpp', true],
  ['http://huggingface.co/', false],
  ['https://evil.example/', false],
  ['https://huggingface.co.evil.example/', false],
  ['https://huggingface.co@evil.example/', false],
  ['https://user:pass@github.com/', false],
  ['https://github.com:8443/', false],
  ['file:///etc/passwd', false],
  ['smb://share/x', false],
  ['javascript:alert(1)', false],
  ['ms-settings:', false],
  ['app://whittle/', false],
  ['', false],
  ['x', false],
])('point 15: may %j be opened outside: %s', (address, allowed) => expect(mayOpenOutside(address)).toBe(allowed))

test.each([
  ['app://whittle/index.html', true],
  ['app://whittle/index.html#/new', true],
  ['app://whittle.evil/index.html', false],
  ['app://other/', false],
  ['app://whittle', false],
  ['https://whittle/index.html', false],
  ['file:///index.html', false],
  ['about:blank', false],
])('point 13: is %j our page: %s', (address, own) => expect(isOwnPage(address)).toBe(own))

test('point 17: a message counts only from our page in the top frame', () => {
  const url = 'app://whittle/index.html'
  type Event = Parameters<typeof isOwnSender>[0]
  expect(isOwnSender({ senderFrame: { url, parent: null } } as Event)).toBe(true)
  expect(isOwnSender({ senderFrame: { url, parent: {} } } as Event)).toBe(false)
  expect(isOwnSender({ senderFrame: { url: 'https://evil.example/', parent: null } } as Event)).toBe(false)
  expect(isOwnSender({ senderFrame: null })).toBe(false)
})

test('point 5: our own page may copy text; no other permission is ever given, and none to anybody else', () => {
  limitPermissions(electron.session.defaultSession as never)
  const { setPermissionRequestHandler, setPermissionCheckHandler, setDevicePermissionHandler } = electron.session.defaultSession
  const own = { isMainFrame: true, requestingUrl: 'app://whittle/index.html#/runs/1/result' }
  const given = (permission: string, details: object): boolean[] => {
    const answer = vi.fn()
    setPermissionRequestHandler.mock.calls[0]?.[0]({}, permission, answer, details)
    return [answer.mock.calls[0]?.[0], setPermissionCheckHandler.mock.calls[0]?.[0]({}, permission, 'app://whittle', details)]
  }
  expect(given('clipboard-sanitized-write', own)).toEqual([true, true])
  for (const permission of ['media', 'clipboard-read', 'notifications', 'geolocation', 'openExternal', 'fullscreen'])
    expect(given(permission, own), permission).toEqual([false, false])
  for (const details of [
    { ...own, isMainFrame: false },
    { ...own, requestingUrl: 'https://evil.example/' },
    { ...own, requestingUrl: 'app://whittle.evil/' },
  ]) {
    expect(given('clipboard-sanitized-write', details)).toEqual([false, false])
  }
  expect(setPermissionCheckHandler.mock.calls[0]?.[0](null, 'clipboard-sanitized-write', '', { isMainFrame: true })).toBe(false)
  expect(setDevicePermissionHandler.mock.calls[0]?.[0]()).toBe(false)
})

test('point 1: nothing is loaded from anywhere but the app, even past the content policy', () => {
  cutOff(electron.session.defaultSession as never)
  const [filter, handler] = electron.session.defaultSession.webRequest.onBeforeRequest.mock.calls[0] as [
    { urls: string[] },
    (details: object, answer: (given: object) => void) => void,
  ]
  expect(filter.urls).toEqual(expect.arrayContaining(['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'file://*/*']))
  const answer = vi.fn()
  handler({}, answer)
  expect(answer).toHaveBeenCalledWith({ cancel: true })
})

/** Contents as the app creates them, and whether an event on them is prevented. */
function confined() {
  electron.app.removeAllListeners()
  electron.dialog.showMessageBox.mockClear()
  electron.shell.openExternal.mockClear()
  confineContents(() => wordsFor('en', []))
  const contents = new electron.FakeContents()
  electron.app.emit('web-contents-created', {}, contents)
  const prevented = (event: string, details: object = {}): boolean => {
    const preventDefault = vi.fn()
    contents.emit(event, { ...details, preventDefault })
    return preventDefault.mock.calls.length > 0
  }
  return { contents, prevented }
}

test('points 11 and 12: no webview is ever attached', () => {
  expect(confined().prevented('will-attach-webview')).toBe(true)
})

test('point 13: the page goes nowhere: not by links, not by redirects, not in a frame', () => {
  const { prevented } = confined()
  for (const url of [
    'https://evil.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'app://evil/',
    'data:text/html,x',
    'https://huggingface.co/',
  ]) {
    expect(prevented('will-navigate', { url }), url).toBe(true)
    expect(prevented('will-redirect', { url }), url).toBe(true)
    expect(prevented('will-frame-navigate', { url, isMainFrame: true }), url).toBe(true)
  }
  expect(prevented('will-frame-navigate', { url: 'app://whittle/index.html', isMainFrame: false })).toBe(true)
  expect(prevented('will-navigate', { url: 'app://whittle/index.html#/new' })).toBe(false)
})

test('points 14 and 15: no window opens; a known site opens outside once the user agrees', async () => {
  const { contents } = confined()
  for (const url of ['file:///etc/passwd', 'https://evil.example/', 'javascript:alert(1)', 'app://whittle/index.html'])
    expect(contents.openHandler({ url }), url).toEqual({ action: 'deny' })
  expect(electron.dialog.showMessageBox).not.toHaveBeenCalled()
  expect(contents.openHandler({ url: 'https://huggingface.co/x' })).toEqual({ action: 'deny' })
  await vi.waitFor(() => expect(electron.shell.openExternal).toHaveBeenCalledWith('https://huggingface.co/x'))
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 })
  contents.openHandler({ url: 'https://github.com/x' })
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(electron.shell.openExternal).toHaveBeenCalledTimes(1)
})
