// Peak memory of a whole run on a random checkpoint with the layer shapes of Qwen3-30B-A3B, with 2 and with 4 layers.
// npm run bench:memory [-- --json]. Exits with 1 over 4 GB, or where memory grows with the layers. Linux only; needs about 8 GB of disk.
//
// Two peaks are told apart. Whittle's own work, up to the moment llama.cpp is asked for its word, is judged by resident memory.
// Then llama.cpp maps the whole finished file, as everyone who runs the file will: those pages count as resident but can be
// dropped at any time, so from there on only the memory no file stands behind is judged.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { QWEN3_30B_LAYER_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { notePeaks, type MemoryPeaks } from './process-memory.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LIMIT = 4e9
/** Of each byte of weights more, at most this share may show up as memory: statistics and tables, and the noise of allocators. */
const FLAT = 0.05
const FLAGS = ['--bits', '4.5', '--calibration-tokens', '4096', '--heldout-tokens', '1024', '--json']

/** What one run used. Bytes and seconds. */
interface Measured {
  readonly layers: number
  readonly checkpointBytes: number
  readonly fileBytes: number
  /** Highest resident memory up to llama.cpp's check. */
  readonly workBytes: number
  /** Highest memory without mapped files, over the whole run. */
  readonly unmappedBytes: number
  /** Highest resident memory of the whole run, the mapped file included: as the system and as the report say it. */
  readonly residentBytes: number
  readonly reportedBytes: number
  readonly seconds: number
}

/** What a run printed, how it ended and what its processes held until llama.cpp was asked, and in all. */
interface Watched {
  readonly stdout: string
  readonly code: number | null
  readonly work: MemoryPeaks
  readonly whole: MemoryPeaks
}

/** Runs the CLI and watches its processes; its progress on standard error says when the check begins. */
async function compress(args: readonly string[]): Promise<Watched> {
  const child = spawn(process.execPath, [path.join(ROOT, 'src-main/hosts/cli/main.ts'), 'compress', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const whole: MemoryPeaks = { resident: 0, own: 0 }
  let work: MemoryPeaks | null = null
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text)
    if (text.includes('report: verify')) work ??= { ...whole }
  })
  const timer = setInterval(() => {
    if (child.pid !== undefined) notePeaks(child.pid, whole)
  }, 100)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve)
  })
  clearInterval(timer)
  return { stdout, code, work: work ?? whole, whole }
}

async function measure(layers: number): Promise<Measured> {
  const folder = await mkdtemp(path.join(tmpdir(), 'whittle-memory-'))
  try {
    const model = path.join(folder, 'model')
    await writeTinyCheckpoint(model, {
      shape: { ...QWEN3_30B_LAYER_SHAPE, layers },
      dtype: 'BF16',
      shards: layers,
      fill: 'pool',
      tokenizer: true,
    })
    const places = ['--model', model, '--out', path.join(folder, 'out.gguf'), '--work', path.join(folder, 'work')]
    const { stdout, code, work, whole } = await compress([...places, ...FLAGS])
    if (code !== 0) throw new Error(`the run with ${layers} layers ended with exit code ${code}: ${stdout}`)
    const result = JSON.parse(stdout)
    return {
      layers,
      checkpointBytes: result.original.bytes,
      fileBytes: result.file.bytes,
      workBytes: work.resident,
      unmappedBytes: whole.own,
      residentBytes: whole.resident,
      reportedBytes: result.peakMemoryBytes,
      seconds: result.seconds,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`
}

const two = await measure(2)
const four = await measure(4)
const growth = (four.workBytes - two.workBytes) / (four.checkpointBytes - two.checkpointBytes)
const passed = [two, four].every((row) => Math.max(row.workBytes, row.unmappedBytes) <= LIMIT) && growth <= FLAT
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ limitBytes: LIMIT, growth, passed, runs: [two, four] }))
} else {
  for (const row of [two, four]) {
    console.log(`${row.layers} layers: ${gigabytes(row.checkpointBytes)} -> ${gigabytes(row.fileBytes)} in ${row.seconds.toFixed(0)} s`)
    console.log(
      `  own work ${gigabytes(row.workBytes)}; with llama.cpp's check ${gigabytes(row.unmappedBytes)}, and ${gigabytes(row.residentBytes)} counting the file it maps (the report says ${gigabytes(row.reportedBytes)})`,
    )
  }
  const more = `${gigabytes(four.checkpointBytes - two.checkpointBytes)} more of weights cost ${gigabytes(four.workBytes - two.workBytes)} more of memory`
  console.log(`${passed ? 'ok' : 'FAILED'}: at most ${gigabytes(LIMIT)}; ${more} (${(growth * 100).toFixed(1)} %, at most ${FLAT * 100} %)`)
}
process.exitCode = passed ? 0 : 1
