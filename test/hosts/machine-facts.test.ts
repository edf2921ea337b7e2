import { availableParallelism, cpus, totalmem } from 'node:os'
import { expect, test, vi } from 'vitest'
import { MachineInfo } from '../../src-main/contract/machine.ts'
import { createMachineFacts, type AskSystem, type MachinePart } from '../../src-main/hosts/machine-facts.ts'

const card = { name: 'Card', totalBytes: 24, freeBytes: 20 }

/** A system that tells these parts at once; one that `hangs` never ends. */
function system(parts: readonly MachinePart[], hangs = false) {
  const stop = vi.fn()
  const ask: AskSystem = vi.fn((tell: (part: MachinePart) => void) => {
    for (const part of parts) tell(part)
    return { done: hangs ? new Promise<void>(() => {}) : Promise.resolve(), stop }
  })
  return { ask, stop }
}

test("what the system tells is passed on, with node's own numbers", async () => {
  const { ask } = system([
    { id: 'processor', value: 'Made Up 9' },
    { id: 'cards', value: [card] },
    { id: 'battery', value: true },
  ])
  const log = vi.fn()
  const info = await createMachineFacts(log, ask)()
  expect(MachineInfo.parse(info)).toEqual(info)
  expect(info).toMatchObject({
    processor: 'Made Up 9',
    cards: [card],
    onBattery: true,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  })
  expect(log).not.toHaveBeenCalled()
})

test('a part that fails is told to the log and costs only itself', async () => {
  const { ask } = system([
    { id: 'processor', problem: 'no such program' },
    { id: 'cards', value: [card] },
    { id: 'battery', value: null },
  ])
  const log = vi.fn()
  expect(await createMachineFacts(log, ask)()).toMatchObject({ processor: cpus()[0]?.model.trim(), cards: [card], onBattery: null })
  expect(log.mock.calls).toEqual([['machine: processor: no such program']])
})

test('a system that hangs is not waited for beyond patience, and what it told counts', async () => {
  const { ask, stop } = system([{ id: 'battery', value: false }], true)
  const log = vi.fn()
  expect(await createMachineFacts(log, ask, 20)()).toMatchObject({ onBattery: false, cards: [] })
  expect(stop).toHaveBeenCalled()
  expect(log.mock.calls.flat()).toEqual(['machine: processor: no answer', 'machine: cards: no answer'])
})

test('nothing is asked before the first call, and calls close together ask once', async () => {
  const { ask } = system([{ id: 'cards', value: [card] }])
  const facts = createMachineFacts(() => {}, ask)
  expect(ask).not.toHaveBeenCalled()
  const [first, second] = await Promise.all([facts(), facts()])
  expect(first.cards).toEqual(second.cards)
  await facts()
  expect(ask).toHaveBeenCalledTimes(1)
})

test('this very machine answers, from a thread of its own', async () => {
  const info = await createMachineFacts(() => {})()
  expect(MachineInfo.parse(info)).toEqual(info)
  expect(info.processor).not.toBe('')
})
