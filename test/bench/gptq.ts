import { join } from 'node:path'
import { toldText } from '../../src-main/contract/reasons.ts'
import type { DenseResult } from '../../src-main/forward/capture.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { queueByExpert } from '../../src-main/forward/routing.ts'
import type { FeedbackType, GroupBits } from '../../src-main/kernels/gptq/gptq.ts'
import type { Kernels } from '../../src-main/kernels/kernels.ts'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'
import { encodeCorpus, openCorpus, windowsFrom } from '../../src-main/text/corpus.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import { calibratedRows, fromInputs } from '../kernels/gptq-cases.ts'
import type { CalibratedRows } from '../kernels/gptq-cases.ts'
import { openGgml } from './ggml.ts'
import type { Ggml } from './ggml.ts'
import { trainedRowsMissing } from './rows.ts'

/**
 * GPTQ against our encoders and ggml's (ggml_quantize_chunk), all given the same calibration text: Hessian error sum dw H dw^T on that text
 * and on text nobody calibrated on, and CPU seconds of the addon and of the reference.  node test/bench/gptq.ts
 */

const MODEL = join(import.meta.dirname, '../../../shared/models/wiki-moe16')
const TEXTS = join(import.meta.dirname, '../../resources/text')
const TYPES = ['Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'Q4_0', 'Q8_0'] as const
const BITS = [1, 2, 3, 4, 8] as const
const GROUP = 128
const LAYER = 1
const TOKENS = 32768
const WINDOW = 512

/** Rows, and the second moments of other text to judge them by. */
interface Judged {
  readonly rows: CalibratedRows
  readonly unseen: Float64Array
}

/** Inputs of the busiest expert of a layer for one text: what reaches gate and up, and what reaches down. */
async function expertInputs(
  file: string,
): Promise<{ gate: Float32Array; down: Float32Array; input: Float32Array; activated: Float32Array }> {
  const { model, close } = await openCheckpoint(MODEL)
  const forward = openForward({ device: 'cpu', threads: 1 })
  try {
    const tokens = await encodeCorpus(await openCorpus(join(TEXTS, file)), await openTokenizer(MODEL), TOKENS, WINDOW)
    const hidden = await forward.embed(model, windowsFrom(tokens, WINDOW, Math.floor(TOKENS / WINDOW)))
    const seen: DenseResult[] = []
    for (let layer = 0; layer <= LAYER; layer++)
      await forward.runLayer(model, layer, hidden, {
        capture: {
          onRouted: (dense) => {
            seen[layer] = dense
          },
        },
      })
    const dense = seen[LAYER]
    const expert = model.layers[LAYER]?.experts[3]
    if (dense === undefined || expert === undefined) throw new Error('the model has no such layer')
    const { starts, tokens: queued } = queueByExpert(dense.routing, model.shape.experts)
    const size = model.shape.hidden
    const routed = queued.subarray(starts[3], starts[4])
    const input = new Float32Array(routed.length * size)
    for (const [i, token] of routed.entries()) input.set(dense.normalized.subarray(token * size, (token + 1) * size), i * size)
    const weights = { gate: await expert.gate.read(), up: await expert.up.read(), down: await expert.down.read() }
    const { activated } = await forward.expert(model.shape, weights, input)
    return { gate: weights.gate, down: weights.down, input, activated }
  } finally {
    await forward.close()
    await close()
  }
}

async function trained(): Promise<Judged[]> {
  const known = await expertInputs('calibration.txt')
  const other = await expertInputs('heldout.txt')
  const columns = 256
  console.log(`expert 3 of layer ${LAYER}: ${known.input.length / columns} calibration tokens, ${other.input.length / columns} others`)
  return [
    { rows: fromInputs('gate', known.gate, columns, known.input), unseen: fromInputs('', known.gate, columns, other.input).hessian },
    {
      rows: fromInputs('down', known.down, columns, known.activated),
      unseen: fromInputs('', known.down, columns, other.activated).hessian,
    },
  ]
}

function drawn(): Judged[] {
  console.log(`seeded rows: ${trainedRowsMissing}`)
  const rows = calibratedRows(32, 512, 1)
  return [{ rows, unseen: rows.hessian }]
}

function compare(kernels: Kernels, ggml: Ggml | null, { rows, unseen }: Judged): void {
  const { name, weights, columns, factor, hessian, importance } = rows
  const print = (label: string, theirs: string, mine: Float32Array, rival: Float32Array): void => {
    const ratio = (judge: Float64Array): string =>
      (kernels.gptq.hessianError(weights, mine, columns, judge) / kernels.gptq.hessianError(weights, rival, columns, judge)).toFixed(3)
    console.log(`${name.padEnd(12)}${label.padEnd(10)}${theirs.padEnd(22)}calibration ${ratio(hessian)}   other text ${ratio(unseen)}`)
  }
  for (const bits of BITS) {
    const values = (given: Float64Array | null, search: boolean): Float32Array => {
      const { codes, scales, zeros } = kernels.gptq.quantizeGroups({ weights, columns, factor: given, bits, groupSize: GROUP, search })
      return kernels.gptq.dequantizeGroups(codes, scales, zeros, columns, GROUP, bits)
    }
    print(`${bits} bits`, '/ min-max, nearest', values(factor, true), values(null, false))
    print(`${bits} bits`, '/ min-max, GPTQ', values(factor, true), values(factor, false))
  }
  for (const type of TYPES) {
    const mine = kernels.decode(type, kernels.gptq.encodeWithFeedback(type, weights, columns, factor, importance), columns)
    print(type, '/ our encoder', mine, kernels.decode(type, kernels.encode(type, weights, columns, importance), columns))
    if (ggml !== null) print(type, '/ ggml', mine, ggml.decode(type, ggml.encode(type, weights, columns, importance)))
  }
}

function cpuSeconds(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

/** CPU seconds for a gate of 768 x 2048 on one thread; the reference does 1 / 24 of it. */
function time(native: Kernels | null): void {
  const normal = normalFrom(seededRandom(2))
  const columns = 2048
  const weights = Float32Array.from({ length: 768 * columns }, () => 0.03 * normal())
  const factor = Float64Array.from({ length: columns * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns]
    return column < row ? 0 : column === row ? 1 : 0.1 * normal() * Math.exp((row - column) / 60)
  })
  const line = (label: string, work: (kernels: Kernels, weights: Float32Array) => unknown): void => {
    const addon = native === null ? 'not built' : cpuSeconds(() => work(native, weights)).toFixed(2)
    const reference = cpuSeconds(() => work(referenceKernels, weights.subarray(0, 32 * columns))).toFixed(2)
    console.log(`${label.padEnd(24)}addon, 768 rows: ${addon} s   reference, 32 rows: ${reference} s`)
  }
  const grouped = (bits: GroupBits, search: boolean) => (kernels: Kernels, given: Float32Array) =>
    kernels.gptq.quantizeGroups({ weights: given, columns, factor, bits, groupSize: GROUP, search })
  line('3 bits, min-max', grouped(3, false))
  line('3 bits', grouped(3, true))
  line('1 bit', grouped(1, true))
  const blocks = (type: FeedbackType) => (kernels: Kernels, given: Float32Array) =>
    kernels.gptq.encodeWithFeedback(type, given, columns, factor, null)
  for (const type of ['Q2_K', 'Q3_K', 'Q4_K'] as const) line(type, blocks(type))
}

const { kernels, missing } = loadKernels()
if (missing !== null) console.error(`these are the reference kernels: ${toldText(missing)}`)
const { ggml, reason } = openGgml()
if (ggml === null) console.error(`the rival can't be had: ${reason}`)
console.log('Hessian error of ours over theirs')
for (const judged of trainedRowsMissing === null ? await trained() : drawn()) compare(kernels, ggml, judged)
time(missing === null ? kernels : null)
