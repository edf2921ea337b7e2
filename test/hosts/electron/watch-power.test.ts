import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as electron from './fake-electron.ts'
import { resetElectron } from './started-app.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { watchPower } = await import('../../../src-main/hosts/electron/watch-power.ts')

let stop = () => {}
beforeEach(resetElectron)
afterEach(() => stop())

function watch(charge: { percent: number; charging: boolean } | null, runId: string | null = 'r1') {
  const [pause, log] = [vi.fn(), vi.fn()]
  const facts = { charge, runId }
  stop = watchPower({ read: async () => facts.charge, working: () => facts.runId, pause, log })
  return { pause, log, facts }
}

/** On the battery, and looked at. */
async function onBattery(): Promise<void> {
  electron.powerMonitor.onBattery = true
  electron.powerMonitor.emit('on-battery')
  await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a battery below a fifth pauses the run, once', async () => {
  const { pause } = watch({ percent: 19, charging: false })
  await onBattery()
  await onBattery()
  expect(pause.mock.calls).toEqual([['r1']])
  electron.powerMonitor.emit('on-ac')
  await onBattery()
  expect(pause).toHaveBeenCalledTimes(2)
})

test.each([
  ['full enough', { percent: 20, charging: false }, 'r1'],
  ['charging', { percent: 5, charging: true }, 'r1'],
  ['none', null, 'r1'],
  ['nothing to pause', { percent: 5, charging: false }, null],
])('a battery that is %s pauses nothing', async (_, charge, runId) => {
  const { pause } = watch(charge, runId)
  await onBattery()
  expect(pause).not.toHaveBeenCalled()
})

test('sleep and waking in mid-run are written down, and the battery is looked at again', async () => {
  const { pause, log, facts } = watch({ percent: 80, charging: false })
  await onBattery()
  electron.powerMonitor.emit('suspend')
  facts.charge = { percent: 10, charging: false }
  electron.powerMonitor.emit('resume')
  await vi.waitFor(() => expect(pause).toHaveBeenCalledWith('r1'))
  expect(log.mock.calls).toEqual([['the machine goes to sleep in mid-run'], ['the machine is awake again, the run goes on']])
})
