import { NO_OTHER_INPUTS } from '../fixtures/no-other-inputs.ts'
import { createHash } from 'node:crypto'
import { mkdtemp, open, readFile, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModelStatistics } from '../../src-main/calibration/statistics.ts'
import type { Plan } from '../../src-main/contract/plan.ts'
import type { JournalRow } from '../../src-main/contract/run.ts'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { uniform } from '../../src-main/methods/quantize/uniform.ts'
import { sizeInput } from '../../src-main/pipeline/budget-of.ts'
import { compress } from '../../src-main/pipeline/compress.ts'
import { EncodePool } from '../../src-main/pipeline/encode-pool.ts'
import { openSource } from '../../src-main/pipeline/source.ts'
import type { Source } from '../../src-main/pipeline/source.ts'
import { blocksOf, planInput, SMALL } from '../methods/plan-input.ts'
import { TINY_K_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

const LAYERS = 3
const { kernels } = loadKernels()
let folder: string
let source: Source
let plan: Plan
let statistics: ModelStatistics
let whole: Buffer

function evenStatistics({ layers, hidden, heads, headSize, experts, expertWidth, vocabulary }: Source['model']['shape']): ModelStatistics {
  const ramp = (length: number): Float64Array => Float64Array.from({ length }, (_, i) => 1 + (i % 7))
  return {
    tokens: 100,
    outputInput: ramp(hidden),
    tokenCounts: ramp(vocabulary),
    layers: Array.from({ length: layers }, (_, layer) => ({
      layer,
      tokens: 100,
      attentionInput: ramp(hidden),
      attentionOutputInput: ramp(heads * headSize),
      ...NO_OTHER_INPUTS,
      residualPower: 1,
      attentionPower: 1,
      expertsPower: 1,
      experts: {
        tokens: ramp(experts),
        gateSum: ramp(experts),
        maxOutput: ramp(experts),
        outputNormSum: ramp(experts),
        gatedOutputNormSum: ramp(experts),
        input: ramp(experts * hidden),
        gatedInput: ramp(experts * hidden),
        downInput: ramp(experts * expertWidth),
        gatedDownInput: ramp(experts * expertWidth),
      },
    })),
  }
}

interface Attempt {
  name: string
  journal?: JournalRow[]
  threads?: number
  stopAfter?: number
  pieceWeights?: number
}

/** Writes `<name>.gguf`; `stopAfter` aborts once that many layers are journaled. Gives the rows journaled by this call. */
async function attempt({ name, journal = [], threads = 1, stopAfter = Infinity, ...pieces }: Attempt): Promise<JournalRow[]> {
  const rows: JournalRow[] = []
  const abort = new AbortController()
  const pool = new EncodePool(kernels, threads)
  try {
    await compress({
      source,
      statistics,
      plan,
      outPath: join(folder, `${name}.gguf`),
      overwrite: false,
      ownsPartial: true,
      journal,
      pool,
      layersFrom: null,
      signal: abort.signal,
      ...pieces,
      onLayer: (row) => {
        if (rows.push(row) >= stopAfter) abort.abort(new Error('stopped'))
      },
      onProgress: () => undefined,
    })
  } finally {
    await pool.close()
  }
  return rows
}

const read = (name: string): Promise<Buffer> => readFile(join(folder, `${name}.gguf`))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whittle-compress-'))
  await writeTinyCheckpoint(join(folder, 'model'), { shape: { ...TINY_K_SHAPE, layers: LAYERS }, tokenizer: true })
  source = await openSource(join(folder, 'model'), kernels)
  statistics = evenStatistics(source.model.shape)
  plan = await blocksOf(uniform).plan({
    ...planInput(SMALL, 2_500_000),
    ...sizeInput(source, {}),
    errors: { sensitivity: 'output-power', tensors: {} },
    originalBytes: source.facts.bytes,
    seed: 0,
  })
  await attempt({ name: 'whole' })
  whole = await read('whole')
})

afterAll(async () => {
  await source.model.close()
  await rm(folder, { recursive: true, force: true })
})

describe('compress', () => {
  it('writes exactly the planned bytes, on any number of threads the same', async () => {
    expect(whole.length).toBe(plan.bytes)
    await attempt({ name: 'threads', threads: 3 })
    expect((await read('threads')).equals(whole)).toBe(true)
  })

  it.each([1, 1000])('encoded %i weights at a time, whole rows at least, gives the same bytes', async (pieceWeights) => {
    const name = `pieces-${pieceWeights}`
    await attempt({ name, threads: 2, pieceWeights })
    expect((await read(name)).equals(whole)).toBe(true)
  })

  it('journals every layer with the hash of its bytes', async () => {
    const rows = await attempt({ name: 'journaled' })
    expect(rows.map((row) => row.layer)).toEqual([null, 0, 1, 2])
    let start = plan.headerBytes
    for (const row of rows) {
      expect(
        createHash('sha256')
          .update(whole.subarray(start, start + row.bytes))
          .digest('hex'),
      ).toBe(row.sha256)
      start += row.bytes
    }
    expect(start).toBe(plan.bytes)
  })

  it.each([1, 2, 3])('stopped after %i journaled groups, goes on to the same bytes without writing them again', async (stopAfter) => {
    const name = `stopped-${stopAfter}`
    await expect(attempt({ name, stopAfter })).rejects.toThrow('stopped')
    await expect(stat(join(folder, `${name}.gguf`))).rejects.toThrow()
    const journal = (await attempt({ name: `${name}-rows` })).slice(0, stopAfter)
    const rows = await attempt({ name, journal })
    expect(rows).toHaveLength(LAYERS + 1 - stopAfter)
    expect((await read(name)).equals(whole)).toBe(true)
  })

  it('does not trust a journal the partial file does not bear out', async () => {
    await expect(attempt({ name: 'damaged', stopAfter: 3 })).rejects.toThrow('stopped')
    const journal = (await attempt({ name: 'damaged-rows' })).slice(0, 3)
    const partial = await open(join(folder, 'damaged.gguf.partial'), 'r+')
    await partial.write(Uint8Array.of(1, 2, 3, 4, 5), 0, 5, plan.headerBytes + (journal[0]?.bytes ?? 0) + 1000)
    await partial.close()
    const rows = await attempt({ name: 'damaged', journal })
    expect(rows.map((row) => row.layer)).toEqual([0, 1, 2])
    expect((await read('damaged')).equals(whole)).toBe(true)
  })

  it('starts over when the partial file was cut short below the first layer', async () => {
    await expect(attempt({ name: 'short', stopAfter: 2 })).rejects.toThrow('stopped')
    const journal = (await attempt({ name: 'short-rows' })).slice(0, 2)
    await truncate(join(folder, 'short.gguf.partial'), 10)
    expect(await attempt({ name: 'short', journal })).toHaveLength(LAYERS + 1)
    expect((await read('short')).equals(whole)).toBe(true)
  })

  it('never replaces a file that is already there', async () => {
    await expect(attempt({ name: 'whole' })).rejects.toMatchObject({ code: 'output-exists' })
    expect((await read('whole')).equals(whole)).toBe(true)
  })
})
