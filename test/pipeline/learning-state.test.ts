import { readdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Plan } from '../../src-main/contract/plan.ts'
import { decodeState, encodeState } from '../../src-main/factors/mobe/state.ts'
import type { SolverState } from '../../src-main/factors/mobe/state.ts'
import { learningFolder, openCheckpoints } from '../../src-main/pipeline/learning-state.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const plan = { model: 'm', method: 'mobe', parameters: {}, form: null, decisions: [], seed: 0 } as unknown as Plan
const state: SolverState = {
  solver: 'fast',
  numbers: { step: 7, flops: 1e12 },
  arrays: {
    errors: Float32Array.of(0.5, 0.25),
    'bases-value-0': Float32Array.from({ length: 1000 }, (_, i) => i / 7),
    empty: new Float32Array(0),
  },
}

test('a state is kept in pieces and read back, under its name and for its plan alone', async () => {
  const out = join(await temporaryFolder(), 'out')
  const kept = openCheckpoints(out, plan, 3)
  expect(await kept.load('expertGate')).toBeNull()
  await kept.save('expertGate', encodeState(state))
  const found = await kept.load('expertGate')
  expect(found === null ? null : await decodeState(found)).toEqual(state)
  expect(await kept.load('expertUp')).toBeNull()
  expect(await openCheckpoints(out, { ...plan, seed: 1 }, 3).load('expertGate')).toBeNull()
  expect(await readdir(learningFolder(out))).toHaveLength(1)
  await kept.removeAll()
  expect(await kept.load('expertGate')).toBeNull()
})

test('a state that was cut short is refused', async () => {
  const out = join(await temporaryFolder(), 'out')
  const kept = openCheckpoints(out, plan, 0)
  await kept.save('expertGate', encodeState(state))
  const [name = ''] = await readdir(learningFolder(out))
  await truncate(join(learningFolder(out), name), 3000)
  const found = await kept.load('expertGate')
  if (found === null) throw new Error('nothing was kept')
  await expect(decodeState(found)).rejects.toThrow(RangeError)
})
