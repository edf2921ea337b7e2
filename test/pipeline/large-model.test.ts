import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { collectStatistics } from '../../src-main/calibration/collect.ts'
import { measureEncodeErrors } from '../../src-main/calibration/encode-errors.ts'
import { modelFingerprint } from '../../src-main/calibration/fingerprint.ts'
import type { RoundingJobs } from '../../src-main/calibration/rounding-jobs.ts'
import { predictDivergence } from '../../src-main/calibration/sensitivity.ts'
import type { ModelStatistics } from '../../src-main/calibration/statistics.ts'
import { readStatistics } from '../../src-main/calibration/statistics-file.ts'
import { storedTensors } from '../../src-main/calibration/stored-tensors.ts'
import type { Plan } from '../../src-main/contract/plan.ts'
import { folderBytes, folderTensors } from '../../src-main/forms/folder-tensors.ts'
import { continueGreedily } from '../../src-main/forward/continue.ts'
import { Forward } from '../../src-main/forward/forward.ts'
import type { Kernels } from '../../src-main/kernels/kernels.ts'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { plainForm } from '../../src-main/methods/limit.ts'
import type { FormWay } from '../../src-main/methods/method.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { openGgufModel } from '../../src-main/model/open-gguf.ts'
import { auditFile } from '../../src-main/pipeline/audit-file.ts'
import { outlineOf } from '../../src-main/pipeline/budget-of.ts'
import { checkedModel } from '../../src-main/pipeline/checked-model.ts'
import { compressFolder } from '../../src-main/pipeline/compress-folder.ts'
import { compress } from '../../src-main/pipeline/compress.ts'
import { createGate, gatedModel } from '../../src-main/pipeline/gate.ts'
import { layoutOf } from '../../src-main/pipeline/source.ts'
import type { Source } from '../../src-main/pipeline/source.ts'
import { evaluate } from '../../src-main/report/evaluate.ts'
import { rowBytes } from '../../src-main/tensor/ggml-type.ts'
import { idleCompute, LARGE_SHAPE, writeSparse, writeSparseCheckpoint, writeSparseGguf, zerosOf } from '../fixtures/large-model.ts'
import { refuseLargeArrays } from '../fixtures/refuse-large-arrays.ts'
import type { Refusal } from '../fixtures/refuse-large-arrays.ts'
import { randomWindows } from '../forward/tiny-model.ts'

/** Bytes of the embedding and of the output matrix in float32. */
const MATRIX_BYTES = 4 * LARGE_SHAPE.vocabulary * LARGE_SHAPE.hidden
/** Most of it that may be in one array. */
const PIECE_BYTES = 256 << 20

const { kernels } = loadKernels()
const windows = randomWindows(LARGE_SHAPE.vocabulary, [16, 16, 16, 16])
const forward = new Forward(idleCompute())
let folder: string
let checkpoint: MoeModel
let gguf: MoeModel
let arrays: Refusal

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whittle-large-'))
  checkpoint = (await openCheckpoint(await writeSparseCheckpoint(join(folder, 'model'), LARGE_SHAPE, 'BF16'), kernels)).model
  gguf = await openGgufModel(await writeSparseGguf(join(folder, 'model.gguf'), LARGE_SHAPE, 'Q8_0'), kernels)
})
beforeEach(() => {
  arrays = refuseLargeArrays()
})
afterEach(() => {
  arrays.restore()
})
afterAll(async () => {
  await Promise.all([checkpoint.close(), gguf.close()])
  await rm(folder, { recursive: true, force: true })
})

/** The model as a source without text: what reads weights asks for no more. */
function sourceOf(model: MoeModel): Source {
  const facts = { path: folder, name: 'large', dtype: 'BF16', bytes: 1, shards: 1, license: null }
  return { model, facts, tokenizerKeys: new Map(), tensors: storedTensors(model) } as unknown as Source
}

/** A signal that is aborted with the `count`th read of more than a megabyte, and the ear to give to zerosOf. */
function stopAtRead(count: number): { signal: AbortSignal; onRead: (weights: number) => void; largest: () => number } {
  const abort = new AbortController()
  let [reads, largest] = [0, 0]
  return {
    signal: abort.signal,
    largest: () => largest,
    onRead(weights) {
      largest = Math.max(largest, 4 * weights)
      if (weights > 1 << 18 && ++reads === count) abort.abort(new Error('enough'))
    },
  }
}

/** Kernels that give bytes and weights of the right number, and spend no time on them. */
const idleKernels: Kernels = {
  ...kernels,
  encode: (type, weights, columns) => new Uint8Array((weights.length / columns) * rowBytes(type, columns)),
  decode: (type, bytes, columns) => new Float32Array((bytes.length / rowBytes(type, columns)) * columns),
}

test('this process is as Electron: it refuses an array for the whole matrix', () => {
  const refusal = 'Array buffer allocation failed'
  expect(() => new Float32Array(MATRIX_BYTES / 4)).toThrow(refusal)
  expect(() => new ArrayBuffer(2 ** 31)).toThrow(refusal)
  expect(() => Buffer.alloc(2 ** 31)).toThrow(refusal)
  expect(() => Float64Array.from({ length: 2 ** 28 })).toThrow(refusal)
  expect(new Float32Array(3) instanceof Float32Array && new Uint8Array(new Float32Array(3).buffer)).toHaveLength(12)
})

describe.each([
  ['a checkpoint', () => checkpoint, 'model.embed_tokens.weight'],
  ['a GGUF file', () => gguf, 'token_embd.weight'],
])('%s', (_, open, name) => {
  test('refuses to be read whole, by name and size, before anything is allocated', async () => {
    const model = open()
    const refused = new RegExp(`${name} takes ${MATRIX_BYTES} bytes`)
    for (const one of [model, gatedModel(model, createGate()), checkedModel(model).model]) {
      await expect(one.embedding.read()).rejects.toThrow(refused)
      await expect(one.embedding.readRows(0, LARGE_SHAPE.vocabulary)).rejects.toThrow(refused)
    }
    expect(arrays.largestBytes).toBeLessThan(1 << 20)
  })

  test('gives its first and its last rows', async () => {
    const { embedding, output } = open()
    for (const matrix of [embedding, output]) {
      for (const start of [0, LARGE_SHAPE.vocabulary - 2])
        expect(await matrix.readRows(start, 2)).toEqual(new Float32Array(2 * LARGE_SHAPE.hidden))
    }
  })

  test('is told apart, calibrated and sampled', async () => {
    const model = open()
    expect(await modelFingerprint(model)).toMatch(/^[0-9a-f]{64}$/)
    const statistics = await collectStatistics(forward, model, windows)
    const errors = await measureEncodeErrors(model, statistics, kernels, { types: ['Q8_0'], rowsPerTensor: 64, seed: 0 })
    expect(errors['output.weight']).toEqual({ Q8_0: 0 })
    expect(arrays.largestBytes).toBeLessThanOrEqual(PIECE_BYTES)
  })
})

describe('what works through the whole matrix holds a piece of it', () => {
  let statistics: ModelStatistics
  beforeAll(async () => {
    statistics = await collectStatistics(forward, zerosOf(checkpoint), windows)
  })

  test('comparing two models', async () => {
    const quality = await evaluate(forward, zerosOf(checkpoint), zerosOf(gguf), windows)
    expect(quality).toMatchObject({ tokens: 60, klDivergence: { mean: 0 } })
    expect(arrays.largestBytes).toBeLessThanOrEqual(PIECE_BYTES)
  })

  test('continuing a text', async () => {
    const told: number[] = []
    for await (const token of continueGreedily(forward, zerosOf(gguf), Int32Array.of(1, 2, 3), { tokens: 2, ends: [] })) told.push(token)
    expect(told).toEqual([0, 0])
    expect(arrays.largestBytes).toBeLessThanOrEqual(PIECE_BYTES)
  })

  test.each([false, true])('probing how much the embedding and the output matrix matter (tied: %s)', async (tiedEmbeddings) => {
    const shape = { ...LARGE_SHAPE, tiedEmbeddings }
    const model = zerosOf({ ...checkpoint, shape, output: tiedEmbeddings ? checkpoint.embedding : checkpoint.output })
    const errors = { 'token_embd.weight': { Q4_K: 0.1 }, 'output.weight': { Q4_K: 0.1 } } // the others are small
    const input = { forward, model, statistics, kernels: idleKernels, windows: windows.slice(0, 2), errors }
    const table = await predictDivergence(input, { probes: ['Q4_K'], tokens: 32, mostWork: Infinity })
    expect(table.sensitivity).toBe('measured-kl')
    expect(arrays.largestBytes).toBeLessThanOrEqual(PIECE_BYTES)
  })

  test('looking for weights that are no numbers', async () => {
    const { signal, onRead, largest } = stopAtRead(8)
    await expect(checkedModel(zerosOf(checkpoint, onRead)).checkRest(signal)).rejects.toThrow('enough')
    expect(largest()).toBeLessThanOrEqual(PIECE_BYTES)
  })

  test('writing it as a GGUF file', async () => {
    const { signal, onRead, largest } = stopAtRead(8)
    const source = sourceOf(zerosOf(checkpoint, onRead))
    const cells = source.tensors.map(({ name, keptInF32 }) => ({ tensor: name, detail: keptInF32 ? 'F32' : 'Q2_K' }))
    const layout = layoutOf(source, (tensor) => (tensor.keptInF32 ? 'F32' : 'Q2_K'))
    const encode: RoundingJobs['encode'] = async ({ type, weights, columns, importance }) =>
      idleKernels.encode(type, weights, columns, importance)
    await expect(
      compress({
        source,
        statistics,
        plan: { cells, bytes: layout.fileBytes } as unknown as Plan,
        outPath: join(folder, 'out.gguf'),
        overwrite: false,
        ownsPartial: true,
        journal: [],
        pool: { threads: 2, encode } as RoundingJobs,
        layersFrom: null,
        signal,
        onLayer: () => undefined,
        onProgress: () => undefined,
      }),
    ).rejects.toThrow('enough')
    expect(largest()).toBeGreaterThan(1 << 20)
    expect(arrays.largestBytes).toBeLessThanOrEqual(PIECE_BYTES)
  })

  test('copying it into a folder', async () => {
    const { signal, onRead, largest } = stopAtRead(8)
    const source = sourceOf(zerosOf(checkpoint, onRead))
    const outline = outlineOf(source.model)
    const form = plainForm(outline)
    const plan = { form, format: 'safetensors', bytes: folderBytes(folderTensors(outline, outline.dtypeOf, form)).total } as unknown as Plan
    await expect(
      compressFolder({
        source,
        kernels: idleKernels,
        forms: {} as FormWay,
        plan,
        outPath: join(folder, 'out'),
        overwrite: false,
        ownsPartial: true,
        journal: [],
        files: [],
        layersFrom: () => {
          throw new Error('no layer was asked for')
        },
        rebuild: {},
        signal,
        onLayer: () => undefined,
        onProgress: () => undefined,
        onLearning: () => undefined,
      }),
    ).rejects.toThrow('enough')
    expect(largest()).toBeGreaterThan(1 << 20)
    expect(arrays.largestBytes).toBeLessThanOrEqual(PIECE_BYTES)
  })

  test('auditing what was written', async () => {
    const audit = await auditFile(sourceOf(checkpoint), gguf, 'gguf', statistics, new AbortController().signal)
    expect(audit.find(({ tensor }) => tensor === 'output.weight')).toMatchObject({ relativeError: 0, weights: MATRIX_BYTES / 4 })
    expect(arrays.largestBytes).toBeLessThanOrEqual(PIECE_BYTES)
  })
})

test('statistics of more than 2 GiB are read up to their checksum', async () => {
  const start = Buffer.alloc(1 << 16, ' ')
  start.write('WHTLSTAT', 0, 'latin1')
  start.writeUInt32LE(start.length - 12, 8)
  const path = join(folder, 'large.statistics')
  await writeSparse(path, start, 2 ** 31 + (1 << 20))
  await expect(readStatistics(path)).rejects.toMatchObject({ code: 'verification-failed', details: { path, reason: 'checksum' } })
  expect(arrays.largestBytes).toBeLessThanOrEqual(PIECE_BYTES)
})
