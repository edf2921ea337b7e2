import { beforeEach, expect, test, vi } from 'vitest'
import type { RunEvent } from '../../../src-main/contract/events.ts'
import type { RunState } from '../../../src-main/contract/run.ts'
import { wordsFor } from '../../../src-main/hosts/electron/words.ts'
import { openSettings } from '../../../src-main/store/settings.ts'
import { temporaryFolder } from '../../store/example.ts'
import * as electron from './fake-electron.ts'
import { resetElectron } from './started-app.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { showRunSigns } = await import('../../../src-main/hosts/electron/run-signs.ts')

beforeEach(resetElectron)

function signsOf() {
  const window = new electron.BrowserWindow({ webPreferences: {}, width: 1, height: 1, minWidth: 1, minHeight: 1 })
  let tell: (event: RunEvent) => void = () => {}
  const subscribe = (listener: (event: RunEvent) => void) => {
    tell = listener
    return () => {
      tell = () => {}
    }
  }
  const settings = openSettings(temporaryFolder(), () => {})
  const goTo = vi.fn()
  const signs = showRunSigns({ service: { subscribe }, settings, window: () => window as never, goTo, words: () => wordsFor('en', []) })
  const state = (name: RunState, runId = 'r1') => tell({ kind: 'state', runId, state: name, error: null })
  const progress = (done: number) =>
    tell({
      kind: 'progress',
      runId: 'r1',
      stage: 'compress',
      done,
      total: 100,
      elapsedSeconds: 1,
      etaSeconds: null,
      layer: null,
      layers: 1,
      activity: 'encode',
      memoryBytes: 1,
    })
  return { window, signs, state, progress, settings, goTo }
}

test('the taskbar shows progress, stands still where a run is paused, turns red where it failed, until somebody looks', () => {
  const { window, signs, state, progress } = signsOf()
  state('running')
  progress(40)
  expect(window.setProgressBar).toHaveBeenLastCalledWith(0.4, { mode: 'normal' })
  state('paused')
  expect(window.setProgressBar).toHaveBeenLastCalledWith(0.4, { mode: 'paused' })
  state('running')
  state('failed')
  expect(window.setProgressBar).toHaveBeenLastCalledWith(0.4, { mode: 'error' })
  signs.seen()
  expect(window.setProgressBar).toHaveBeenLastCalledWith(-1, { mode: 'normal' })
})

test('nobody is told while the window is in front, or of runs that rested before', async () => {
  const { window, state, goTo } = signsOf()
  state('done')
  expect(electron.Notification.shown).toEqual([])
  window.focused = true
  state('running')
  state('done')
  expect(electron.Notification.shown).toEqual([])
  expect(electron.app.setBadgeCount).not.toHaveBeenCalled()
  window.focused = false
  state('running')
  state('failed')
  expect(electron.Notification.shown).toMatchObject([{ body: 'A run stopped with an error.' }])
  expect(await electron.Notification.click()).toBe(true)
  expect(goTo).toHaveBeenLastCalledWith('/runs/r1/run')
})

test('why a run pauses is said in place of that it does', () => {
  const { signs, state } = signsOf()
  state('running')
  signs.explainPause('r1', 'The battery is low.')
  state('paused')
  expect(electron.Notification.shown).toMatchObject([{ body: 'The battery is low.' }])
  state('running')
  state('paused')
  expect(electron.Notification.shown).toHaveLength(2)
})
