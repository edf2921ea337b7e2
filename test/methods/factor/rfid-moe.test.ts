import { describe, expect, test } from 'vitest'
import { noteText } from '../../../src-main/contract/notes.ts'
import type { ExpertRole } from '../../../src-main/architectures/parts.ts'
import { EXPERT_ROLES } from '../../../src-main/architectures/parts.ts'
import type { LayerAtHand } from '../../../src-main/calibration/layer-at-hand.ts'
import type { Plan } from '../../../src-main/contract/plan.ts'
import { matrixOf, weightedEnergy } from '../../../src-main/factors/math.ts'
import { whitenedSvd } from '../../../src-main/factors/whitened-svd.ts'
import { proportionalRanks } from '../../../src-main/methods/factor/rfid/allocate.ts'
import { leftShare, optionsOf } from '../../../src-main/methods/factor/rfid/options.ts'
import { Measured, RfidSettings } from '../../../src-main/methods/factor/rfid/settings.ts'
import { rfidMoe } from '../../../src-main/methods/factor/rfid-moe.ts'
import { expectFailure } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'
import { delegate, taskOf, visitLayers } from '../layers-at-hand.ts'
import { factorInput, factorsIn, formIn, formsOf, measured, rebuilt, weightedErrors } from './run.ts'

const ONE_LAYER = { layers: 1 }
const forms = formsOf(rfidMoe)

/** Plans and factors one random layer. */
async function run(
  layer: LayerAtHand,
  parameters: Record<string, unknown>,
  kept = 0.6,
): Promise<{ plan: Plan; values: Awaited<ReturnType<typeof forms.apply>> }> {
  const plan = await forms.plan(
    factorInput(layer.shape, { kind: 'expert-share', kept }, [await measured(rfidMoe, layer, parameters)], parameters),
  )
  return { plan, values: await forms.apply(layer, taskOf(plan, 0)) }
}

async function onLayer(visit: (layer: LayerAtHand) => Promise<void>): Promise<void> {
  await visitLayers(await temporaryFolder(), ONE_LAYER, visit)
}

const candidate = (groups: readonly number[], tails: readonly (readonly number[])[]) => ({
  groups: [...groups],
  transposed: false,
  unit: 8,
  tails: tails.map((tail) => [...tail]),
  residual: null,
})

describe('ranks', () => {
  const tail = [100, 60, 35, 20, 12, 8]

  test('alike importance and alike spectra give alike ranks, by either allocation', () => {
    const alike = candidate([0, 0, 1, 1], [tail, tail])
    expect(proportionalRanks(alike, [0.5, 0.5, 0.5, 0.5], 16, 1)).toEqual([16, 16])
    const even = optionsOf({ experts: 4, rows: 64, columns: 64 }, [alike], RfidSettings.parse({})).flatMap((option) =>
      'plain' in option ? [] : [option.ranks],
    )
    expect(even.length).toBeGreaterThan(2)
    for (const [a = 0, b = 0] of even) expect(Math.abs(a - b)).toBeLessThanOrEqual(8)
  })

  test('more important groups get more, and eta 0 forgets importance', () => {
    const two = candidate([0, 0, 1, 1], [tail, tail])
    expect(proportionalRanks(two, [1, 1, 0.5, 0.5], 24, 1)).toEqual([32, 16])
    expect(proportionalRanks(two, [1, 1, 0.5, 0.5], 24, 0)).toEqual([24, 24])
    expect(proportionalRanks(two, [1, 1, 0.001, 0.001], 24, 1)).toEqual([40, 8])
  })

  test('options go from the fewest bytes to the plain matrices, each larger one with less error', () => {
    const options = optionsOf(
      { experts: 4, rows: 64, columns: 64 },
      [candidate([0, 0, 0, 0], [tail]), candidate([0, 1, 2, 3], [tail, tail, tail, tail])],
      RfidSettings.parse({}),
    )
    for (const [index, option] of options.entries()) {
      expect(option.size).toBeGreaterThan(options[index - 1]?.size ?? 0)
      expect(option.cost).toBeLessThan(options[index - 1]?.cost ?? Infinity)
    }
    expect(options.at(-1)).toEqual({ plain: 'plain', cost: 0, size: 4 * 64 * 64 * 2 })
  })

  test('what a residual leaves is read between the measured ranks and widths', () => {
    const residual = {
      ranks: [8, 24],
      widths: [4, 8],
      left: [
        [0.8, 0.6],
        [0.9, 0.7],
      ],
    }
    const one = { ...candidate([0], [tail]), residual }
    expect(leftShare(one, [8], 0)).toBe(1)
    expect(leftShare(one, [8], 4)).toBe(0.8)
    expect(leftShare(one, [16], 6)).toBeCloseTo(0.75, 12)
    expect(leftShare(one, [8], 2)).toBeCloseTo(0.9, 12)
  })
})

describe('a random layer', () => {
  test('with as many groups as experts each is its own whitened decomposition', async () => {
    await onLayer(async (layer) => {
      const { plan, values } = await run(layer, { groups: 4, rankMultiple: 4, residual: 'none' })
      const form = formIn(plan, 0, 'expertGate')
      expect(form.ranks.length).toBe(4)
      for (const expert of [0, 1, 2, 3]) {
        const w = matrixOf(await layer.weights('expertGate', expert), 32, 64)
        const moment = await layer.secondMoment('expertGate', expert)
        const rank = form.ranks[expert] ?? 0
        const { energies } = await whitenedSvd({ algebra: layer.kernels.algebra, matrices: layer.matrices }, w, moment)
        const back = await rebuilt(form, factorsIn(values, 'expertGate'), expert, [32, 64])
        const lost = await weightedEnergy(
          { algebra: layer.kernels.algebra, matrices: layer.matrices },
          { ...w, data: w.data.map((value, i) => value - (back.data[i] as number)) },
          moment,
        )
        const whole = energies.reduce((sum, energy) => sum + energy, 0)
        expect(lost / whole).toBeCloseTo(energies.subarray(rank).reduce((sum, energy) => sum + energy, 0) / whole, 3)
      }
    })
  })

  test('a residual only lowers the error of the same ranks, on columns and on signs', async () => {
    await onLayer(async (layer) => {
      const { plan, values } = await run(layer, { groups: 1, rankMultiple: 4, residual: 'none' }, 0.5)
      const bare = await weightedErrors(layer, plan, values)
      for (const residual of [
        { kind: 'columns', columns: 6, bits: 16 },
        { kind: 'signs', rows: 6, nonzeros: 5, seed: 3, bits: 16 },
      ] as const) {
        const form = Object.fromEntries(
          EXPERT_ROLES.flatMap((role) =>
            plan.form?.layers[0]?.[role] === undefined ? [] : [[role, { ...formIn(plan, 0, role), residual }]],
          ),
        )
        const richer: Plan = { ...plan, form: { version: 1, layers: [form], pruning: null } }
        const better = await weightedErrors(layer, richer, await forms.apply(layer, taskOf(richer, 0)))
        for (const role of Object.keys(better) as ExpertRole[]) expect(better[role]).toBeLessThan((bare[role] ?? 0) * 0.995)
      }
    })
  })

  test('a share for the residual is spent on it, and none is none', async () => {
    await onLayer(async (layer) => {
      const { plan } = await run(layer, { groups: 1, rankMultiple: 4, residualShare: 0.3, residual: 'signs', residualBits: 8 })
      const widths = Object.values(plan.form?.layers[0] ?? {}).flatMap((form) =>
        form.kind === 'factored' && form.residual?.kind === 'signs' ? [form.residual.rows] : [],
      )
      expect(Math.max(...widths)).toBeGreaterThan(0)
      const none = await run(layer, { groups: 1, rankMultiple: 4, residualShare: 0 })
      for (const form of Object.values(none.plan.form?.layers[0] ?? {})) expect(form).toMatchObject({ residual: null })
    })
  })

  test('sweeps never raise the error', async () => {
    await onLayer(async (layer) => {
      const parameters = { groups: 1, rankMultiple: 4, residual: 'none' }
      const before = await run(layer, { ...parameters, sweeps: 0 })
      const after = await run(layer, { ...parameters, sweeps: 4 })
      const [a, b] = [await weightedErrors(layer, before.plan, before.values), await weightedErrors(layer, after.plan, after.values)]
      for (const role of Object.keys(a) as ExpertRole[]) expect(b[role]).toBeLessThan((a[role] ?? 0) * 1.02)
    })
  })

  test('experts in another order get the same ranks in that order', async () => {
    await onLayer(async (layer) => {
      const order = [2, 0, 3, 1]
      const from = (expert: number): number => order[expert] ?? 0
      const shuffled = delegate(layer, {
        gatesOf: (expert) => layer.gatesOf(from(expert)),
        inputsOf: (expert) => layer.inputsOf(from(expert)),
        weights: (role, expert) => layer.weights(role, from(expert)),
        secondMoment: (role, expert) => layer.secondMoment(role, expert === null ? null : from(expert)),
      })
      const parameters = { groups: 4, rankMultiple: 4, residual: 'none' }
      const [a, b] = [await run(layer, parameters), await run(shuffled, parameters)]
      for (const role of Object.keys(a.values) as ExpertRole[]) {
        const ranks = formIn(a.plan, 0, role).ranks
        expect(formIn(b.plan, 0, role).ranks).toEqual(order.map((expert) => ranks[expert]))
      }
      const own = Measured.parse(await measured(rfidMoe, layer, parameters))
      expect(Measured.parse(await measured(rfidMoe, shuffled, parameters)).importance).toEqual(
        order.map((expert) => own.importance[expert]),
      )
    })
  })

  test('ranks in proportion to importance keep the limit too', async () => {
    await onLayer(async (layer) => {
      const { plan, values } = await run(layer, {
        allocation: 'proportional',
        rankMultiple: 4,
        groups: 2,
        residualShare: 0.2,
        residual: 'columns',
      })
      expect(plan.notes.map((note) => noteText(note)).join(' ')).toContain('in proportion to importance')
      for (const error of Object.values(await weightedErrors(layer, plan, values))) expect(error).toBeLessThan(1)
    })
  })

  test('more groups than experts are refused', async () => {
    await onLayer(async (layer) => {
      await expectFailure(() => measured(rfidMoe, layer, { groups: 5 }), 'request-invalid')
      await expectFailure(
        () => forms.sizeRange(factorInput(layer.shape, { kind: 'bytes', bytes: 0 }, [], { groups: 5 })),
        'request-invalid',
      )
    })
  })
})
