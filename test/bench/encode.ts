import { toldText } from '../../src-main/contract/reasons.ts'
import type { Kernels } from '../../src-main/kernels/kernels.ts'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { openGgml } from './ggml.ts'
import type { Ggml } from './ggml.ts'
import { testRows } from './rows.ts'
import type { TestRows } from './rows.ts'

/**
 * Our encoders against ggml's (ggml_quantize_chunk with importance), one thread: CPU seconds per 10^9 weights and the error
 * sum importance_j (w_j - decoded_j)^2 on the same rows.  node test/bench/encode.ts [--json]
 */

const TYPES = ['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q4_0', 'Q3_K', 'Q2_K'] as const
const COLUMNS = 2048
/** Timed on Gaussian rows; the errors are taken on every kind of row. */
const TIMED_ROWS = 128
const JUDGED_ROWS = 32
/** Ours and theirs take turns; the least of the times counts, the others were disturbed. */
const TURNS = 5

type BlockType = (typeof TYPES)[number]

interface Side {
  cpuSecondsPerBillion: number
  /** Relative weighted error sqrt(sum a dw^2 / sum a w^2) by kind of row. */
  error: Record<string, number>
}

interface Line {
  type: BlockType
  ours: Side
  peer: Side
  /** Their time over ours: more than 1 is faster than ggml. */
  speedRatio: number
  /** Our squared error over theirs by kind of row: less than 1 is better than ggml. */
  errorRatio: Record<string, number>
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

function compare(type: BlockType, kernels: Kernels, ggml: Ggml, timed: TestRows, judged: readonly TestRows[]): Line {
  const line: Line = {
    type,
    speedRatio: 0,
    errorRatio: {},
    ours: { cpuSecondsPerBillion: Infinity, error: {} },
    peer: { cpuSecondsPerBillion: Infinity, error: {} },
  }
  const { weights, columns, importance } = timed
  const perBillion = 1e9 / weights.length
  for (let turn = 0; turn < TURNS; turn++) {
    const ours =
      cpuSeconds(() => {
        kernels.encode(type, weights, columns, importance)
      }) * perBillion
    const theirs =
      cpuSeconds(() => {
        ggml.encode(type, weights, columns, importance)
      }) * perBillion
    line.ours.cpuSecondsPerBillion = Math.min(line.ours.cpuSecondsPerBillion, ours)
    line.peer.cpuSecondsPerBillion = Math.min(line.peer.cpuSecondsPerBillion, theirs)
  }
  line.speedRatio = line.peer.cpuSecondsPerBillion / line.ours.cpuSecondsPerBillion
  for (const rows of judged) {
    const error = (bytes: Uint8Array): number =>
      kernels.weightedError(rows.weights, kernels.decode(type, bytes, rows.columns), rows.columns, rows.importance)
    const power = kernels.weightedError(rows.weights, new Float32Array(rows.weights.length), rows.columns, rows.importance)
    const ours = error(kernels.encode(type, rows.weights, rows.columns, rows.importance))
    const theirs = error(ggml.encode(type, rows.weights, rows.columns, rows.importance))
    line.ours.error[rows.name] = Math.sqrt(ours / power)
    line.peer.error[rows.name] = Math.sqrt(theirs / power)
    line.errorRatio[rows.name] = ours / theirs
  }
  return line
}

/** The first four columns are numbers, the others headed by a kind of row. */
function pad(cell: string, column: number): string {
  return cell.padStart(column < 4 ? 11 : 20)
}

function print(lines: readonly Line[], kinds: readonly string[]): void {
  console.log("CPU seconds per 10^9 weights, one thread, with importance; error = our weighted squared error / ggml's")
  console.log(['type', 'ours', 'ggml', 'faster by', ...kinds.map((kind) => `error: ${kind}`)].map(pad).join(''))
  for (const { type, ours, peer, speedRatio, errorRatio } of lines) {
    const cells = [
      type,
      ours.cpuSecondsPerBillion.toFixed(1),
      peer.cpuSecondsPerBillion.toFixed(1),
      `${speedRatio.toFixed(2)} x`,
      ...kinds.map((kind) => (errorRatio[kind] ?? NaN).toFixed(4)),
    ]
    console.log(cells.map(pad).join(''))
  }
}

const { ggml, reason } = openGgml()
if (ggml === null) throw new Error(`the rival can't be had: ${reason}`)
const { kernels, missing } = loadKernels()
if (missing !== null) console.error(`these are the reference kernels: ${toldText(missing)}`)
const judged = testRows(JUDGED_ROWS, COLUMNS, 41)
const timed = testRows(TIMED_ROWS, COLUMNS, 42)[0]
if (timed === undefined) throw new Error('no rows to encode')
const lines: Line[] = []
for (const type of TYPES) lines.push(compare(type, kernels, ggml, timed, judged))
if (process.argv.includes('--json')) console.log(JSON.stringify({ kernels: kernels.name, lines }))
else
  print(
    lines,
    judged.map((rows) => rows.name),
  )
