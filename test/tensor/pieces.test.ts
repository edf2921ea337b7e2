import { expect, test } from 'vitest'
import { roundedTensor } from '../../src-main/calibration/rounded-tensor.ts'
import { embed, mostTokens } from '../../src-main/forward/hidden.ts'
import { keepGain } from '../../src-main/kernels/keep-gain.ts'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { openGgufModel } from '../../src-main/model/open-gguf.ts'
import { checkWeights } from '../../src-main/pipeline/checked-model.ts'
import { GGML_TYPES } from '../../src-main/tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../src-main/tensor/ggml-type.ts'
import { ARRAY_BYTES_LIMIT, assertOneArray, rowPieces } from '../../src-main/tensor/pieces.ts'
import type { LazyTensor } from '../../src-main/tensor/tensor.ts'
import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'
import { writeF32Gguf } from '../fixtures/f32-gguf.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { memoryTensor, randomModel, TINY_SHAPE } from '../forward/tiny-model.ts'

const { kernels } = loadKernels()
const [rows, columns] = [9, 512]
const normal = normalFrom(seededRandom(3))
const values = Float32Array.from({ length: rows * columns }, normal)
const matrix = memoryTensor('matrix', [rows, columns], values)

/** The tensor read row by row. */
async function byRows(tensor: LazyTensor): Promise<number[]> {
  const found: number[] = []
  for (const { start, count } of rowPieces(tensor, 1)) found.push(...(await tensor.readRows(start, count)))
  return found
}

test('pieces are whole rows, one at least, and together all of them', () => {
  const cut = (shape: number[], weights: number) => [...rowPieces({ shape }, weights)].map(({ start, count }) => [start, count])
  expect(cut([5, 8], 16)).toEqual([
    [0, 2],
    [2, 2],
    [4, 1],
  ])
  expect(cut([2, 3, 8], 1)).toEqual([0, 1, 2, 3, 4, 5].map((row) => [row, 1]))
  expect(cut([8], 2)).toEqual([[0, 1]])
  expect(cut([5, 8], 1000)).toEqual([[0, 5]])
})

test('an array of 2 GiB is refused by name, one element less is not', () => {
  expect(() => {
    assertOneArray('w', ARRAY_BYTES_LIMIT / 4)
  }).toThrow(new RangeError('w takes 2147483648 bytes: too much for one array, to be worked on in pieces'))
  expect(() => {
    assertOneArray('w', ARRAY_BYTES_LIMIT / 4 - 1)
  }).not.toThrow()
  expect(() => {
    assertOneArray('w', 16384 ** 2, 8)
  }).toThrow(RangeError)
})

test.each(['BF16', 'F16', 'F32'] as const)(
  'a checkpoint in %s, and a GGUF file of it, give row by row what they give whole',
  async (dtype) => {
    const folder = await temporaryFolder()
    const { model } = await openCheckpoint((await writeTinyCheckpoint(`${folder}/model`, { dtype })).folder, kernels)
    await writeF32Gguf(`${folder}/model.gguf`, model, new Map())
    const gguf = await openGgufModel(`${folder}/model.gguf`, kernels)
    try {
      for (const {
        embedding,
        outputNorm,
        layers: [layer],
      } of [model, gguf]) {
        for (const tensor of [embedding, outputNorm, layer?.experts[3]?.down ?? embedding])
          expect(await byRows(tensor)).toEqual([...(await tensor.read())])
      }
    } finally {
      await Promise.all([model.close(), gguf.close()])
    }
  },
)

test.each(Object.keys(GGML_TYPES) as GgmlTypeName[])(
  'a tensor rounded to %s is the same in pieces of one row and whole, and what a file would give',
  async (type) => {
    const importance = Float32Array.from({ length: columns }, () => normal() ** 2)
    const rounding = { kernels: keepGain(kernels), type, importance }
    const stored = rounding.kernels.decode(type, rounding.kernels.encode(type, values, columns, importance), columns)
    const [whole, pieces] = [roundedTensor(matrix, rounding), roundedTensor(matrix, { ...rounding, pieceWeights: 1 })]
    expect(await whole.read()).toEqual(stored)
    expect(await pieces.read()).toEqual(stored)
    expect(await byRows(pieces)).toEqual([...stored])
    expect(await matrix.read()).toEqual(values)
  },
)

test('a weight that is no number is found in whatever piece it lies', async () => {
  const { signal } = new AbortController()
  for (const at of [0, 3 * columns + 1, rows * columns - 1]) {
    const broken = memoryTensor('broken', [rows, columns], values.with(at, NaN))
    for (const pieceWeights of [1, 2 * columns, undefined]) {
      await expect(checkWeights(broken, signal, pieceWeights)).rejects.toMatchObject({
        code: 'tensor-not-finite',
        details: { tensor: 'broken' },
      })
    }
  }
  await checkWeights(matrix, signal, 1)
})

test('a pass holds as many tokens as one array has room for, the widest input of a layer counted', async () => {
  expect(mostTokens({ ...TINY_SHAPE, hidden: 4096, heads: 32, headSize: 128, expertWidth: 1536 })).toBe(131_071)
  expect(mostTokens({ ...TINY_SHAPE, hidden: 2048, heads: 64, headSize: 128, expertWidth: 768 })).toBe(65_535)
  const wide = { ...randomModel(), shape: { ...TINY_SHAPE, hidden: 2 ** 27 } }
  await expect(embed(wide, [new Int32Array(4)])).rejects.toThrow('the stream of 4 tokens takes 2147483648 bytes')
})
