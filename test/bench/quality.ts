// The equal-bytes duel: llama.cpp's own quantizer writes a preset, our planner gets that file's size as its budget, llama.cpp judges both.
// npm run bench:quality [-- --json] [--work <folder to keep and reuse>]. Needs ../shared (the trained model and texts) and node-llama-cpp's
// library; exits with 1 where ours is not better.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Recipe } from '../../src-main/contract/recipe.ts'
import { compare, logProbabilities, tokenizeWith } from './llama-judge.ts'
import type { Verdict, Windows } from './llama-judge.ts'
import { openLlama } from './llama-library.ts'
import type { LlamaLibrary } from './llama-library.ts'
import { PRESETS, quantizeWithLlama } from './llama-quantize.ts'
import type { Preset } from './llama-quantize.ts'
import { llamaImportance, planFor, writeOriginal, writePlan } from './quality-ours.ts'
import type { Ours } from './quality-ours.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SHARED = path.join(ROOT, '../shared')
const MODEL = 'wiki-moe16'
/** The importance matrix of both sides comes from this much of the calibration text, in windows of this many tokens. */
const CALIBRATION_BYTES = 260_000
const WINDOW_TOKENS = 256
const HELD_OUT_WINDOWS = 60
const THREADS = 2
/** llama.cpp's threads wait for each other in small steps: with other work on the machine, two are slower than one. */
const JUDGE_THREADS = 1
/** More than any model file: a plan for it changes nothing. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER

/** One size of the duel. KLD in nats per token. */
interface Round {
  readonly bits: number
  readonly ours: { bytes: number; kld: number; perplexity: number; predicted: number }
  readonly peer: { preset: Preset; bytes: number; kld: number; perplexity: number }
  /** KLD of ours / KLD of the peer's. */
  readonly ratio: number
}

/** Opens judging: the original's predictions on the held-out windows. */
async function openJudge(library: LlamaLibrary, original: string): Promise<(file: string) => Verdict> {
  const text = await readFile(path.join(SHARED, 'text/heldout-wiki.txt'), 'utf8')
  const windows: Windows = { tokens: tokenizeWith(library, original, text), size: WINDOW_TOKENS, count: HELD_OUT_WINDOWS }
  const reference = logProbabilities(library, original, windows, JUDGE_THREADS)
  return (file) => compare(reference, logProbabilities(library, file, windows, JUDGE_THREADS), windows)
}

async function fight(folder: string, library: LlamaLibrary, say: (line: string) => void): Promise<Round[]> {
  const ours = await openOurs(folder)
  const original = path.join(folder, 'original.gguf')
  await rm(original, { force: true })
  await writeOriginal(ours, original)
  const { statistics } = await planFor(ours, NO_LIMIT)
  const judge = await openJudge(library, original)
  say(
    `original: ${judge(original).perplexity.toFixed(2)} perplexity over ${HELD_OUT_WINDOWS} windows of ${WINDOW_TOKENS} tokens, second halves (llama-perplexity's rule)`,
  )
  const rounds: Round[] = []
  for (const preset of Object.keys(PRESETS) as Preset[]) {
    const [peerPath, ourPath] = [path.join(folder, `${preset}.gguf`), path.join(folder, `ours-${preset}.gguf`)]
    quantizeWithLlama(library, original, peerPath, preset, llamaImportance(statistics), THREADS)
    const peerBytes = (await stat(peerPath)).size
    const planned = await planFor(ours, peerBytes)
    const predicted = planned.plan.expectedError ?? Number.NaN
    await writePlan(ours, planned.plan, planned.statistics, ourPath)
    const [mine, theirs] = [judge(ourPath), judge(peerPath)]
    const bytes = (await stat(ourPath)).size
    if (bytes > peerBytes || bytes !== planned.plan.bytes)
      throw new Error(`planned ${planned.plan.bytes} within ${peerBytes} bytes, wrote ${bytes}`)
    rounds.push({
      bits: planned.plan.bitsPerWeight,
      ratio: mine.kld / theirs.kld,
      ours: { bytes, kld: mine.kld, perplexity: mine.perplexity, predicted },
      peer: { preset, bytes: peerBytes, kld: theirs.kld, perplexity: theirs.perplexity },
    })
    say(table(preset, mine, bytes, theirs, peerBytes, predicted))
    say(
      `  types of ours: ${planned.plan.cells
        .filter((cell) => cell.action === 'encode')
        .map((cell) => `${cell.tensor.replace(/\.weight$|blk\./g, '')} ${cell.detail}`)
        .join(', ')}`,
    )
  }
  return rounds
}

async function openOurs(folder: string): Promise<Ours> {
  const corpus = path.join(folder, 'calibration.txt')
  const text = await readFile(path.join(SHARED, 'text/calibration.txt'))
  await writeFile(corpus, new TextDecoder().decode(text.subarray(0, CALIBRATION_BYTES)))
  const folders = {
    calibrations: path.join(folder, 'calibrations'),
    outputs: path.join(folder, 'outputs'),
    resources: path.join(ROOT, 'resources'),
  }
  for (const one of Object.values(folders)) await mkdir(one, { recursive: true })
  const recipe = Recipe.parse({
    modelPath: path.join(SHARED, 'models', MODEL),
    budget: { kind: 'size', bytes: NO_LIMIT },
    corpusPath: corpus,
    heldOutPath: path.join(SHARED, 'text/heldout-wiki.txt'),
    calibrationTokens: CALIBRATION_BYTES,
    windowTokens: WINDOW_TOKENS,
    device: 'cpu',
    threads: THREADS,
  })
  return { recipe, folders }
}

function table(preset: string, mine: Verdict, bytes: number, theirs: Verdict, peerBytes: number, predicted: number): string {
  const row = (name: string, size: number, verdict: Verdict): string =>
    `  ${name.padEnd(18)} ${String(size).padStart(9)} bytes  KLD ${verdict.kld.toFixed(6)} ± ${verdict.kldError.toFixed(6)}  99 % ${verdict.kld99.toFixed(4)}  same top ${(100 * verdict.sameTop).toFixed(2)} %  perplexity ${verdict.perplexity.toFixed(2)}`
  return [
    row(`llama.cpp ${preset}`, peerBytes, theirs),
    row('ours', bytes, mine),
    `  ratio ${(mine.kld / theirs.kld).toFixed(3)} (predicted by calibration: ${predicted.toFixed(6)})`,
  ].join('\n')
}

/** What llama.cpp's own tools measured, from the table beside the model: a check of the peer's side. */
async function publishedRow(preset: Preset): Promise<{ bytes: number; kld: number } | null> {
  const readme = await readFile(path.join(SHARED, 'models/README.md'), 'utf8')
  const found = readme
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .find((cells) => cells[1] === preset)
  return found === undefined ? null : { bytes: Number(found[2]), kld: Number(found[5]) }
}

async function main(): Promise<void> {
  const json = process.argv.includes('--json')
  const say = (line: string): void => {
    if (!json) console.log(line)
  }
  const { library, reason } = openLlama()
  const missing = library === null ? reason : existsSync(path.join(SHARED, 'models', MODEL)) ? null : '../shared is not there'
  if (library === null || missing !== null) {
    console.error(`bench:quality cannot run: ${missing}`)
    process.exitCode = 1
    return
  }
  const kept = process.argv.includes('--work') ? process.argv[process.argv.indexOf('--work') + 1] : undefined
  const folder = kept ?? (await mkdtemp(path.join(tmpdir(), 'whittle-quality-')))
  try {
    say(`${MODEL}, llama.cpp ${library.version()}`)
    const rounds = await fight(folder, library, say)
    for (const { peer } of rounds) {
      const published = await publishedRow(peer.preset)
      if (published !== null)
        say(
          `llama.cpp's own tools for ${peer.preset}: ${published.bytes} bytes, KLD ${published.kld}; here ${peer.bytes} bytes, KLD ${peer.kld.toFixed(6)}`,
        )
    }
    if (json) console.log(JSON.stringify(rounds))
    if (rounds.some((round) => round.ratio >= 1)) process.exitCode = 1
  } finally {
    if (kept === undefined) await rm(folder, { recursive: true, force: true })
  }
}

await main()
