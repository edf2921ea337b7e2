import { describe, expect, test } from 'vitest'
import { calibrationFingerprint } from '../../src-main/calibration/fingerprint.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { memoryTensor, randomModel, TINY_SHAPE } from '../forward/tiny-model.ts'

const windows = [Int32Array.of(1, 2, 3), Int32Array.of(4)]
const settings = { device: 'cpu', seed: 0 }
const base = await calibrationFingerprint(randomModel(), windows, settings)

/** The model with the down matrix of layer 1's last expert changed by `change`. */
async function withChangedExpert(change: (data: Float32Array) => Float32Array): Promise<MoeModel> {
  const model = randomModel()
  const [first, second] = model.layers
  const last = second?.experts.at(-1)
  if (first === undefined || second === undefined || last === undefined) throw new Error('the model is too small')
  const down = memoryTensor(last.down.name, last.down.shape, change(await last.down.read()))
  return { ...model, layers: [first, { ...second, experts: [...second.experts.slice(0, -1), { ...last, down }] }] }
}

describe('the fingerprint of a calibration', () => {
  test('is the same for the same model, tokens and settings, whatever the order of the settings', async () => {
    expect(base).toMatch(/^[0-9a-f]{64}$/)
    expect(
      await calibrationFingerprint(
        randomModel(),
        windows.map((window) => window.slice()),
        { seed: 0, device: 'cpu' },
      ),
    ).toBe(base)
  })

  test.each([
    ['other weights', async () => calibrationFingerprint(randomModel(TINY_SHAPE, 2), windows, settings)],
    [
      'another rotary base',
      async () => calibrationFingerprint({ ...randomModel(), shape: { ...TINY_SHAPE, ropeBase: 1e6 } }, windows, settings),
    ],
    [
      'one trained expert in the last layer',
      async () => calibrationFingerprint(await withChangedExpert((data) => data.map((value) => value * 1.001)), windows, settings),
    ],
    ['another token', async () => calibrationFingerprint(randomModel(), [Int32Array.of(1, 2, 3), Int32Array.of(5)], settings)],
    [
      'the same tokens cut elsewhere',
      async () => calibrationFingerprint(randomModel(), [Int32Array.of(1, 2), Int32Array.of(3, 4)], settings),
    ],
    ['another setting', async () => calibrationFingerprint(randomModel(), windows, { ...settings, seed: 1 })],
    ['one setting more', async () => calibrationFingerprint(randomModel(), windows, { ...settings, windowTokens: 256 })],
  ])('differs for %s', async (_, other) => {
    expect(await other()).not.toBe(base)
  })

  test('reads rows, never a whole tensor', async () => {
    const model = randomModel()
    const forbidden: MoeModel = {
      ...model,
      embedding: { ...model.embedding, read: () => Promise.reject(new Error('read whole')) },
      output: { ...model.output, read: () => Promise.reject(new Error('read whole')) },
    }
    expect(await calibrationFingerprint(forbidden, windows, settings)).toBe(base)
  })
})
