import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LayerAtHand } from '../../../src-main/calibration/layer-at-hand.ts'
import { walkLayers } from '../../../src-main/calibration/walk-layers.ts'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { Plan } from '../../../src-main/contract/plan.ts'
import { folderBytes } from '../../../src-main/forms/folder-tensors.ts'
import { openForward } from '../../../src-main/forward/forward.ts'
import type { Forward } from '../../../src-main/forward/forward.ts'
import { referenceKernels } from '../../../src-main/kernels/reference.ts'
import type { OpenCheckpoint } from '../../../src-main/model/open-checkpoint.ts'
import { openCheckpoint } from '../../../src-main/model/open-checkpoint.ts'
import { d2Moe } from '../../../src-main/methods/factor/d2-moe.ts'
import { mobe } from '../../../src-main/methods/factor/mobe.ts'
import { moeSvd } from '../../../src-main/methods/factor/moe-svd.ts'
import { rfidMoe } from '../../../src-main/methods/factor/rfid-moe.ts'
import { svdLlm } from '../../../src-main/methods/factor/svd-llm.ts'
import { svd } from '../../../src-main/methods/factor/svd.ts'
import { expertParameters, outlineTensors, plainExpertParameters } from '../../../src-main/methods/limit.ts'
import type { Limit } from '../../../src-main/methods/limit.ts'
import { formatsOf } from '../../../src-main/methods/method.ts'
import { seededRandom } from '../../../src-main/tensor/random.ts'
import { expectFailure } from '../../fixtures/expected-error.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../../fixtures/tiny-checkpoint.ts'
import { delegate, outlineOf, taskOf } from '../layers-at-hand.ts'
import { factorInput, factorsIn, formsOf, measured, weightedErrors } from './run.ts'

const METHODS = [svd, svdLlm, d2Moe, moeSvd, rfidMoe, mobe]
const PARAMETERS = { rankMultiple: 2 }
/** Random experts are unrelated, so one standing in for another is as wrong as can be. */
const worst = (id: string): number => (id === 'moe-svd' ? 2 : 1)
const SHAPE = { ...TINY_SHAPE, contextLength: 256 }
const outline = outlineOf(SHAPE)

let folder: string
let checkpoint: OpenCheckpoint
let forward: Forward
const layers: LayerAtHand[] = []

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'whittle-test-'))
  await writeTinyCheckpoint(folder)
  checkpoint = await openCheckpoint(folder)
  forward = openForward({ device: 'cpu', threads: 1 })
  const random = seededRandom(7)
  const text = [0, 1].map(() => Int32Array.from({ length: 64 }, () => Math.floor(random() * SHAPE.vocabulary)))
  const options = { kernels: referenceKernels, signal: new AbortController().signal, from: 0, attention: false }
  for await (const layer of walkLayers(forward, checkpoint.model, text, options)) layers.push(layer)
})

afterAll(async () => {
  await forward.close()
  await checkpoint.close()
  await rm(folder, { recursive: true, force: true })
})

describe.each(METHODS.map((method) => [method.id, method] as const))('%s', (id, method) => {
  const forms = formsOf(method)
  const parameters: Record<string, unknown> = id === 'mobe' ? { ...PARAMETERS, steps: 3 } : PARAMETERS
  const measurements: unknown[] = []
  beforeAll(async () => {
    for (const layer of layers) measurements.push(await measured(method, layer, parameters))
  })
  const plan = (limit: Limit, format: 'safetensors' | 'safetensors-dense' = 'safetensors') =>
    forms.plan(factorInput(SHAPE, limit, measurements, parameters, format))
  const range = () => forms.sizeRange(factorInput(SHAPE, { kind: 'bytes', bytes: 0 }, [], parameters))

  test('makes folders, not GGUF', () => {
    expect(formatsOf(method)).toEqual(['safetensors', 'safetensors-dense'])
  })

  test('spends at most its bytes, to the byte, and reaches both ends of its range', async () => {
    const { smallestBytes, largestBytes } = range()
    for (const share of [0, 0.3, 0.6, 0.9, 1, 1.2]) {
      const bytes = Math.floor(smallestBytes + share * (largestBytes - smallestBytes))
      const made = await plan({ kind: 'bytes', bytes })
      if (made.form === null) throw new Error('no form')
      expect(made.bytes).toBe(folderBytes(outlineTensors(outline, made.form)).total)
      expect(made.bytes).toBeLessThanOrEqual(bytes)
      if (share === 0) expect(made.bytes).toBe(smallestBytes)
      if (share >= 1) expect(made.bytes).toBe(largestBytes)
    }
    await expectFailure(() => plan({ kind: 'bytes', bytes: smallestBytes - 1 }), 'budget-too-small', { smallestBytes })
  })

  test('keeps its share of the expert parameters and comes near it', async () => {
    for (const kept of [0.5, 0.7]) {
      const made = await plan({ kind: 'expert-share', kept })
      if (made.form === null) throw new Error('no form')
      const share = expertParameters(outlineTensors(outline, made.form)) / plainExpertParameters(outline)
      expect(share).toBeLessThanOrEqual(kept + 1e-9)
      expect(share).toBeGreaterThan(kept - (id === 'moe-svd' ? 0.2 : 0.1)) // two layers with one left factor each: few sizes to choose from
    }
    await expectFailure(() => plan({ kind: 'expert-share', kept: 0.001 }), 'budget-too-small')
  })

  test('plans the same again, the plan survives JSON, and a larger limit never makes a smaller folder', async () => {
    const made = await plan({ kind: 'expert-share', kept: 0.7 })
    expect(Plan.parse(JSON.parse(JSON.stringify(made)))).toEqual(made)
    expect(await plan({ kind: 'expert-share', kept: 0.7 })).toEqual(made)
    expect((await plan({ kind: 'expert-share', kept: 0.8 })).bytes).toBeGreaterThanOrEqual(made.bytes)
    expect(made.bytes).toBe(made.headerBytes + made.cells.reduce((sum, cell) => sum + cell.bytes, 0))
  })

  test('leaves the model as it is where the limit is no limit', async () => {
    const made = await plan({ kind: 'expert-share', kept: 1 })
    for (const cell of made.cells) expect(cell.action).toBe('keep')
    expect(await forms.apply(layers[0] as LayerAtHand, taskOf(made, 0))).toEqual({})
  })

  test('refuses bits, and a dense rebuild smaller than the model', async () => {
    await expectFailure(() => plan({ kind: 'expert-bits', bits: 2.5 }), 'budget-invalid', { reason: 'bits-of-factors' })
    await expectFailure(() => plan({ kind: 'bytes', bytes: range().largestBytes - 1 }, 'safetensors-dense'), 'budget-too-small', {
      smallestBytes: range().largestBytes,
    })
    expect((await plan({ kind: 'expert-share', kept: 0.7 }, 'safetensors-dense')).bytes).toBe(range().largestBytes)
  })

  test('gives the same values for every form it planned, and they fit it', async () => {
    const made = await plan({ kind: 'expert-share', kept: 0.7 })
    for (const layer of layers) {
      const values = await forms.apply(layer, taskOf(made, layer.index))
      expect(await forms.apply(layer, taskOf(made, layer.index))).toEqual(values)
      expect(Object.keys(values).sort()).toEqual(Object.keys(made.form?.layers[layer.index] ?? {}).sort())
      for (const [role, error] of Object.entries(await weightedErrors(layer, made, values))) {
        expect(error, `${role} of layer ${layer.index}`).toBeLessThan(worst(id))
        expect(error).toBeGreaterThan(0)
      }
    }
  })

  test("an expert that saw no token is factored for the layer's inputs", async () => {
    const lonely = layers.map((layer) =>
      delegate(layer, {
        gatesOf: (expert) => (expert === 1 ? new Float32Array(0) : layer.gatesOf(expert)),
        inputsOf: (expert) => (expert === 1 ? new Float32Array(0) : layer.inputsOf(expert)),
        secondMoment: (role, expert) => layer.secondMoment(role, expert === 1 ? null : expert),
      }),
    )
    const own: unknown[] = []
    for (const layer of lonely) own.push(await measured(method, layer, parameters))
    const made = await forms.plan(factorInput(SHAPE, { kind: 'expert-share', kept: 0.7 }, own, parameters))
    const values = await forms.apply(lonely[0] as LayerAtHand, taskOf(made, 0))
    for (const error of Object.values(await weightedErrors(layers[0] as LayerAtHand, made, values))) expect(error).toBeLessThan(worst(id))
  })

  test('singular moments give finite factors', async () => {
    const narrow = delegate(layers[0] as LayerAtHand, {
      secondMoment: async (role) => {
        const n = role === 'expertDown' ? SHAPE.expertWidth : SHAPE.hidden
        return Float32Array.from({ length: n * n }, (_, i) => (Math.floor(i / n) % 3 === 0 && (i % n) % 3 === 0 ? 1 : 0))
      },
    })
    const own = [await measured(method, narrow, parameters), measurements[1]]
    const made = await forms.plan(factorInput(SHAPE, { kind: 'expert-share', kept: 0.7 }, own, parameters))
    const values = await forms.apply(narrow, taskOf(made, 0))
    for (const role of ['expertGate', 'expertUp', 'expertDown'] as const) {
      if (values[role] === undefined) continue
      const { left, bases } = factorsIn(values, role)
      expect([...left, ...bases].every((matrix) => matrix.every(Number.isFinite))).toBe(true)
    }
  })

  test('moments that are no numbers pass through as what they are', async () => {
    if (id === 'svd') return
    const broken = delegate(layers[0] as LayerAtHand, {
      secondMoment: async () => {
        throw new ExpectedError('tensor-not-finite', { where: 'activations' })
      },
    })
    const made = await plan({ kind: 'expert-share', kept: 0.7 })
    const first = made.form?.layers.findIndex((form) => Object.keys(form).length > 0) ?? 0
    await expectFailure(() => forms.apply(broken, taskOf(made, first)), 'tensor-not-finite')
  })

  test('progress rises to the end', async () => {
    const made = await plan({ kind: 'expert-share', kept: 0.7 })
    const first = made.form?.layers.findIndex((form) => Object.keys(form).length > 0) ?? 0
    const shares: number[] = []
    await forms.apply(layers[first] as LayerAtHand, {
      ...taskOf(made, first),
      onProgress: (share) => {
        shares.push(share)
      },
    })
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.at(-1)).toBe(1)
  })

  test('refuses settings that cannot be', async () => {
    await expectFailure(
      () => forms.plan(factorInput(SHAPE, { kind: 'expert-share', kept: 0.7 }, measurements, { rankMultiple: 0 })),
      'request-invalid',
    )
  })
})
