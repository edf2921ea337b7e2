import { describe, expect, test } from 'vitest'
import { noteText } from '../../../src-main/contract/notes.ts'
import type { LayerAtHand } from '../../../src-main/calibration/layer-at-hand.ts'
import type { StateBytes } from '../../../src-main/factors/mobe/state.ts'
import type { LayerTask } from '../../../src-main/methods/method.ts'
import { mobe } from '../../../src-main/methods/factor/mobe.ts'
import { expertParameters, outlineTensors, plainExpertParameters, plainForm } from '../../../src-main/methods/limit.ts'
import { groupsFor, laddersOf } from '../../../src-main/methods/factor/plan/mobe-sizes.ts'
import { expectFailure } from '../../fixtures/expected-error.ts'
import { stateBytes } from '../../fixtures/state-bytes.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'
import { QWEN3_30B_LAYER_SHAPE, TINY_SHAPE } from '../../fixtures/tiny-checkpoint.ts'
import { taskOf, visitLayers } from '../layers-at-hand.ts'
import { factorInput, factorsIn, formIn, formsOf, weightedErrors } from './run.ts'

const forms = formsOf(mobe)
const AUTO = { bases: 'auto', rank: 'auto', groups: 'auto', rankMultiple: 8, down: 'auto' } as const
/** A layer of Qwen3-30B-A3B. */
const LARGE = { ...QWEN3_30B_LAYER_SHAPE, layers: 1 }
const plan = (kept: number, parameters: Record<string, unknown> = {}, shape = TINY_SHAPE) =>
  forms.plan(factorInput(shape, { kind: 'expert-share', kept }, [], parameters))

function keptInMemory() {
  const kept = new Map<string, StateBytes>()
  const save = async (name: string, state: Iterable<Uint8Array>): Promise<void> => {
    kept.set(name, stateBytes(...state))
  }
  return { kept, checkpoints: { load: async (name: string) => kept.get(name) ?? null, save } }
}

async function onLayer(visit: (layer: LayerAtHand) => Promise<void>): Promise<void> {
  await visitLayers(await temporaryFolder(), { layers: 1 }, visit)
}

describe('sizes', () => {
  test('as published where the limit allows: a quarter less of Qwen3-30B is the full rank and 32 bases', async () => {
    const made = await plan(0.751, {}, LARGE) // 3/4, and the mixing weights
    expect(formIn(made, 0, 'expertGate')).toMatchObject({ activation: 'silu', basisOf: null, transposed: false })
    expect(formIn(made, 0, 'expertGate').ranks).toEqual(Array(32).fill(768))
    expect(made.form?.layers[0]?.expertDown).toBeUndefined()
  })

  test('a harder limit lowers the rank; with down kept, one below gate and up alone is refused with the smallest there is', async () => {
    for (const down of ['keep', 'auto']) {
      const made = await plan(0.6, { down }, LARGE)
      const { ranks } = formIn(made, 0, 'expertGate')
      expect(ranks.length).toBe(32)
      expect(ranks[0]).toBeLessThan(768)
      expect(made.notes.map((note) => noteText(note)).join(' ')).toContain('Down matrices stay')
      expect(made.notes.map((note) => noteText(note)).join(' ')).toContain('below the experts')
      expect(made.form?.layers[0]?.expertDown).toBeUndefined()
    }
    const parameters = { down: 'keep' }
    const { smallestBytes } = forms.sizeRange({ ...factorInput(TINY_SHAPE, { kind: 'bytes', bytes: 0 }, []), parameters })
    await expectFailure(() => plan(0.3, parameters), 'budget-too-small', { smallestBytes })
  })

  test('beyond what gate and up can give, down is factored too: transposed, with more bases, near the limit, and named as ours', async () => {
    for (const kept of [0.15, 0.3, 0.4]) {
      const made = await plan(kept, {}, LARGE)
      const [gate, down] = [formIn(made, 0, 'expertGate'), formIn(made, 0, 'expertDown')]
      expect([gate.transposed, down.transposed]).toEqual([false, true])
      expect([gate.ranks.length, down.ranks.length]).toEqual([32, 64])
      expect([0, 8]).toContain((down.ranks[0] ?? 0) - (gate.ranks[0] ?? 0)) // down climbs first
      expect(made.notes.map((note) => noteText(note)).join(' ')).toContain('our extension')
      expect(made.cells.find(({ role }) => role === 'expertDown')?.detail).toContain(`rank ${down.ranks[0]}`)
      const { outline } = factorInput(LARGE, { kind: 'expert-share', kept }, [])
      const keptShare = expertParameters(outlineTensors(outline, made.form ?? plainForm(outline))) / plainExpertParameters(outline)
      expect(keptShare).toBeLessThanOrEqual(kept)
      expect(keptShare).toBeGreaterThan(kept - 0.01)
    }
  })

  test('a little less is never more: bytes rise with the limit over the change from keeping down to factoring it', async () => {
    const bytes: number[] = []
    for (let kept = 0.3; kept <= 0.8; kept += 0.02) bytes.push((await plan(kept, {}, LARGE)).bytes)
    expect([...bytes].sort((a, b) => a - b)).toEqual(bytes)
  })

  test('down can be factored where it need not be, at the sizes asked for', async () => {
    expect(formIn(await plan(0.75, { down: 'factor' }, LARGE), 0, 'expertDown').transposed).toBe(true)
    const made = await plan(0.9, { down: 'factor', bases: 2, rank: 8 })
    expect(['expertGate', 'expertUp', 'expertDown'].map((role) => formIn(made, 0, role as 'expertDown').ranks)).toEqual([
      [8, 8],
      [8, 8],
      [8, 8],
    ])
    expect((await plan(0.9, { bases: 2, rank: 8 })).form?.layers[0]?.expertDown).toBeUndefined()
  })

  test('wishes are kept', async () => {
    expect(formIn(await plan(0.8, { bases: 2, rank: 8 }), 0, 'expertUp').ranks).toEqual([8, 8])
    expect(formIn(await plan(0.8, { rank: 16 }), 0, 'expertUp').ranks[0]).toBe(16)
    expect(formIn(await plan(0.8, { bases: 3, rankMultiple: 2 }), 0, 'expertUp').ranks.length).toBe(3)
  })

  test('wide layers get groups of at most 64 bases', () => {
    expect(groupsFor({ ...TINY_SHAPE, experts: 384 }, 128, 'auto')).toBe(2)
    expect(groupsFor({ ...TINY_SHAPE, experts: 256 }, 64, 'auto')).toBe(1)
    for (const { bases } of laddersOf({ ...QWEN3_30B_LAYER_SHAPE, experts: 384 }, AUTO)[0] ?? []) {
      expect(bases % groupsFor({ ...QWEN3_30B_LAYER_SHAPE, experts: 384 }, bases, 'auto')).toBe(0)
    }
  })

  test('bases of a group never take more than one array holds', async () => {
    const coder = { ...LARGE, hidden: 6144, expertWidth: 2560, experts: 160, expertsPerToken: 8 } // Qwen3-Coder-480B-A35B
    expect(groupsFor(coder, 40, 'auto')).toBe(2)
    await expectFailure(() => plan(0.75, { bases: 40, groups: 1 }, coder), 'request-invalid')
    expect(formIn(await plan(0.75, { bases: 40 }, coder), 0, 'expertGate').ranks).toHaveLength(40)
  })

  test('more bases than experts, too high a rank, groups that do not divide are refused', async () => {
    for (const wrong of [{ bases: 5 }, { rank: 33 }, { groups: 3 }, { bases: 0 }, { rank: 0 }])
      await expectFailure(() => plan(0.8, wrong), 'request-invalid')
  })
})

describe('cost', () => {
  test('Adam as published is dearer than the fast solver, and every advice is cheaper', () => {
    const shape = { ...QWEN3_30B_LAYER_SHAPE, layers: 48 }
    const adam = forms.cost?.(shape, 0, null, { solver: 'adam' })
    const fast = forms.cost?.(shape, 0, null, {})
    if (adam === undefined || fast === undefined) throw new Error('no cost')
    expect(fast.flops).toBeLessThan(adam.flops / 20)
    // 966 GFLOP a step of one projection (compute.md): 2 projections, 48 layers, 10 000 steps, multiply and add counted as one there
    expect(adam.flops / (2 * 48 * 10_000)).toBeGreaterThan(0.9e12)
    for (const faster of adam.faster) expect(forms.cost?.(shape, 0, null, { solver: 'adam', ...faster }).flops).toBeLessThan(adam.flops)
  })

  test('a third projection costs more than the two', async () => {
    const two = forms.cost?.(LARGE, 0, null, {})?.flops ?? NaN
    expect(forms.cost?.(LARGE, 0, null, { down: 'factor' })?.flops).toBeGreaterThan(1.4 * two)
    const { form = null } = await plan(0.4, {}, LARGE)
    const gateAndUp = form === null ? null : { ...form, layers: form.layers.map(({ expertDown: _, ...rest }) => rest) }
    expect(forms.cost?.(LARGE, 0, form, {})?.flops).toBeGreaterThan(1.4 * (forms.cost?.(LARGE, 0, gateAndUp, {})?.flops ?? NaN))
  })
})

describe.each(['fast', 'adam'] as const)('a random layer, %s', (solver) => {
  const parameters = { solver, bases: 2, rank: 16, steps: 40, down: 'keep' }

  test('learns: the error falls, is told step by step, and at the end expert by expert', async () => {
    await onLayer(async (layer) => {
      const made = await plan(0.9, parameters, layer.shape)
      const told: Parameters<LayerTask['onLearning']>[0][] = []
      const values = await forms.apply(layer, {
        ...taskOf(made, 0),
        onLearning: (step) => {
          told.push(step)
        },
      })
      const gate = told.filter(({ role, expert }) => role === 'expertGate' && expert === null)
      expect(gate.length).toBe(40)
      expect(gate.at(-1)?.error).toBeLessThan(gate[0]?.error ?? 0)
      expect(
        told
          .filter(({ expert }) => expert !== null)
          .map(({ role, expert }) => `${role} ${expert}`)
          .sort(),
      ).toEqual(['expertGate', 'expertUp'].flatMap((role) => [0, 1, 2, 3].map((expert) => `${role} ${expert}`)))
      const errors = await weightedErrors(layer, made, values)
      expect(errors.expertDown).toBeUndefined()
      expect(errors.expertGate).toBeLessThan(0.9)
    })
  })

  test('killed in the middle of a projection and gone on with, the values are those of a run that was never stopped', async () => {
    await onLayer(async (layer) => {
      const made = await plan(0.9, parameters, layer.shape)
      const whole = await forms.apply(layer, taskOf(made, 0))
      const { kept, checkpoints } = keptInMemory()
      let steps = 0
      const killed = forms.apply(layer, {
        ...taskOf(made, 0),
        checkpoints,
        onLearning: ({ expert }) => {
          if (expert === null && ++steps === 55) throw new Error('killed')
        },
      })
      await expect(killed).rejects.toThrow('killed')
      expect([...kept.keys()].length).toBeGreaterThan(1)
      const resumed = await forms.apply(layer, { ...taskOf(made, 0), checkpoints })
      expect(factorsIn(resumed, 'expertGate')).toEqual(factorsIn(whole, 'expertGate'))
      expect(factorsIn(resumed, 'expertUp')).toEqual(factorsIn(whole, 'expertUp'))
    })
  })

  test('learns down as well: transposed, told and kept under its own name, and gone on with in the middle of it', async () => {
    await onLayer(async (layer) => {
      const three = { ...parameters, down: 'factor', steps: 20 }
      const made = await plan(0.95, three, layer.shape)
      const told: string[] = []
      const whole = await forms.apply(layer, {
        ...taskOf(made, 0),
        onLearning: ({ role, expert }) => {
          if (expert !== null) told.push(`${role} ${expert}`)
        },
      })
      expect(told.filter((name) => name.startsWith('expertDown'))).toEqual([0, 1, 2, 3].map((expert) => `expertDown ${expert}`))
      expect((await weightedErrors(layer, made, whole)).expertDown).toBeLessThan(0.9)
      const { kept, checkpoints } = keptInMemory()
      const onLearning: LayerTask['onLearning'] = ({ role, step }) => {
        if (role === 'expertDown' && step === 11) throw new Error('killed')
      }
      await expect(forms.apply(layer, { ...taskOf(made, 0), checkpoints, onLearning })).rejects.toThrow('killed')
      expect(kept.has('expertDown')).toBe(true)
      expect(factorsIn(await forms.apply(layer, { ...taskOf(made, 0), checkpoints }), 'expertDown')).toEqual(factorsIn(whole, 'expertDown'))
    })
  })

  test('errors weighed by what experts get are smaller in that norm than those of all weights alike', async () => {
    await onLayer(async (layer) => {
      const lost: number[] = []
      for (const activationAware of [true, false]) {
        const made = await plan(0.95, { ...parameters, down: 'factor', activationAware }, layer.shape)
        lost.push(
          Object.values(await weightedErrors(layer, made, await forms.apply(layer, taskOf(made, 0)))).reduce((sum, own) => sum + own, 0),
        )
      }
      expect(lost[0]).toBeLessThan(lost[1] ?? 0)
    })
  })
})
