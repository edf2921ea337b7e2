// Peak memory of a whole run on a random checkpoint with the layer shapes of Qwen3-30B-A3B, with 2 and with 4 layers.
// npm run bench:memory [-- --json]. Exits with 1 over 4 GB, or where more layers need more memory. Linux only; needs about 10 GB of disk.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { QWEN3_30B_LAYER_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { notePeaks, type PeakByProcess } from './process-memory.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LIMIT = 4e9
/** Two layers more may not cost more than this share; the rest is noise of allocators. */
const FLAT = 1.1
const BITS = 4.5

/** What one run used. Bytes and seconds. */
interface Measured {
  readonly layers: number
  readonly checkpointBytes: number
  readonly fileBytes: number
  /** As the report says it. */
  readonly peakMemoryBytes: number
  /** As the system says it: the largest process of the run. */
  readonly largestProcessBytes: number
  readonly seconds: number
}

/** Runs the CLI and watches its processes. */
async function compress(args: string[]): Promise<{ stdout: string; code: number | null; peaks: PeakByProcess }> {
  const child = spawn(process.execPath, [path.join(ROOT, 'src-main/hosts/cli/main.ts'), 'compress', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const peaks: PeakByProcess = new Map()
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  const timer = setInterval(() => { if (child.pid !== undefined) notePeaks(child.pid, peaks) }, 100)
  const code = await new Promise<number | null>((resolve, reject) => { child.on('error', reject).on('close', resolve) })
  clearInterval(timer)
  return { stdout, code, peaks }
}

async function measure(layers: number): Promise<Measured> {
  const folder = await mkdtemp(path.join(tmpdir(), 'whittle-memory-'))
  try {
    const model = path.join(folder, 'model')
    await writeTinyCheckpoint(model, { shape: { ...QWEN3_30B_LAYER_SHAPE, layers }, dtype: 'BF16', shards: layers, fill: 'pool', tokenizer: true })
    const out = path.join(folder, 'out.gguf')
    const { stdout, code, peaks } = await compress(['--model', model, '--out', out, '--bits', String(BITS), '--work', path.join(folder, 'work'), '--json'])
    if (code !== 0) throw new Error(`the run with ${layers} layers ended with exit code ${code}: ${stdout}`)
    const result = JSON.parse(stdout)
    return {
      layers, checkpointBytes: result.original.bytes, fileBytes: result.file.bytes, peakMemoryBytes: result.peakMemoryBytes,
      largestProcessBytes: Math.max(...peaks.values()), seconds: result.seconds,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`
}

const rows: Measured[] = []
for (const layers of [2, 4]) rows.push(await measure(layers))
const peaks = rows.map((row) => Math.max(row.peakMemoryBytes, row.largestProcessBytes))
const growth = (peaks[1] ?? NaN) / (peaks[0] ?? NaN)
const passed = peaks.every((peak) => peak <= LIMIT) && growth <= FLAT
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ limitBytes: LIMIT, growth, passed, runs: rows }))
} else {
  for (const row of rows) {
    console.log(`${row.layers} layers: ${gigabytes(row.checkpointBytes)} -> ${gigabytes(row.fileBytes)}, peak ${gigabytes(row.peakMemoryBytes)} by the report, ${gigabytes(row.largestProcessBytes)} by the system, ${row.seconds.toFixed(0)} s`)
  }
  console.log(`${passed ? 'ok' : 'FAILED'}: at most ${gigabytes(LIMIT)}; twice the layers need ${growth.toFixed(3)} times the memory (at most ${FLAT})`)
}
process.exitCode = passed ? 0 : 1
