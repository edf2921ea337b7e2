/**
 * Every method against every other on wiki-moe16 and held-out text: quantizers at equal bits over the expert weights, factor methods at
 * equal shares of the expert parameters removed. Each row is a run in a store of its own: a stopped bench goes on where it was, and the app
 * opens the runs from the same folder.
 *
 *   node test/bench/methods.ts [--work <folder>] [--only mc,gptq] [--json]
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { toErrorShape } from '../../src-main/contract/errors.ts'
import { Recipe } from '../../src-main/contract/recipe.ts'
import type { Budget } from '../../src-main/contract/recipe.ts'
import type { Report } from '../../src-main/contract/report.ts'
import type { RunDetail } from '../../src-main/contract/run.ts'
import { followRuns } from '../../src-main/hosts/cli/follow-run.ts'
import { createProgressLine } from '../../src-main/hosts/cli/progress-line.ts'
import { errorText } from '../../src-main/hosts/cli/words.ts'
import { forkEngine } from '../../src-main/hosts/engine-process.ts'
import { openWorkplace, SOURCE_ROOT } from '../../src-main/hosts/workplace.ts'
import type { Service } from '../../src-main/service/service.ts'

const SHARED = join(SOURCE_ROOT, '../shared')
const MODEL = join(SHARED, 'models/wiki-moe16')
const BITS = [2.05, 2.54, 3, 4]
const REMOVED = [20, 40, 60]
/** Rows by name: the method's id, and settings where they are not its own defaults. */
interface Contender {
  readonly name: string
  readonly method: string
  readonly parameters: Readonly<Record<string, unknown>>
}
const plain = (method: string): Contender => ({ name: method, method, parameters: {} })
/** One program over all layers, by measured error alone: the error counts frequency and gates already. */
const MC_BY_ERROR: Contender = { name: 'mc by error', method: 'mc', parameters: { scope: 'model', alpha: 0, beta: 0 } }
const QUANTIZERS = [plain('rtn'), plain('gptq'), plain('mc'), MC_BY_ERROR]
/** Numbers of 8 bits count as half a parameter: without them the residual gives way to rank, and only ranks are compared. */
const RFID_16_BITS: Contender = { name: 'rfid-moe 16 bit', method: 'rfid-moe', parameters: { residualBits: 16 } }
const FACTORS = [...['svd', 'svd-llm', 'moe-svd', 'd2-moe', 'mobe'].map(plain), RFID_16_BITS, plain('rfid-moe')]
/** The paper's own point for MoBE: about a quarter of the experts' parameters. */
const MOBE_POINT = 25

/** One line of the table. */
interface Row {
  readonly name: string
  readonly setting: string
  readonly report: Report | null
  /** Why there is no report, where the method refuses the budget. */
  readonly refusal: string | null
}

function rowsWanted(only: readonly string[]): { contender: Contender; budget: Budget }[] {
  const wanted = ({ method }: Contender): boolean => only.length === 0 || only.includes(method)
  const quantized = QUANTIZERS.filter(wanted).flatMap((contender) =>
    BITS.map((bitsPerWeight) => ({ contender, budget: { kind: 'bits' as const, bitsPerWeight } })),
  )
  const factored = FACTORS.filter(wanted).flatMap((contender) => {
    const shares = contender.method === 'mobe' ? [...REMOVED, MOBE_POINT].sort((a, b) => a - b) : REMOVED
    return shares.map((percent) => ({ contender, budget: { kind: 'remove' as const, percent } }))
  })
  return [...quantized, ...factored]
}

function recipeFor({ method, parameters }: Contender, budget: Budget): Recipe {
  return Recipe.parse({
    modelPath: MODEL,
    budget,
    method,
    parameters,
    format: 'safetensors',
    corpusPath: join(SHARED, 'text/calibration.txt'),
    heldOutPath: join(SHARED, 'text/heldout-wiki.txt'),
    calibrationTokens: 32768,
    heldOutTokens: 60 * 256,
    windowTokens: 256,
    device: 'cpu',
    seed: 0,
  })
}

/** The run of a recipe: the finished or stopped one in the store, or a new one, taken to its report. */
async function runOf(service: Service, recipe: Recipe): Promise<RunDetail> {
  const runs = followRuns(service, createProgressLine(process.stderr))
  const signal = new AbortController().signal
  try {
    const id = (await findRun(service, recipe)) ?? (await service.call('run.prepare', recipe)).id
    const known = await service.call('run.get', { runId: id })
    if (known.summary.state === 'done') return known
    const followed = runs.follow(id)
    const isStopped = ['interrupted', 'cancelled', 'failed'].includes(known.summary.state)
    if (isStopped) await service.call('run.resume', { runId: id })
    const rested = known.summary.state === 'planned' ? 'planned' : await followed.rested(signal)
    if (rested === 'planned') {
      await service.call('run.start', { runId: id })
      await followed.rested(signal)
    }
    return await service.call('run.get', { runId: id })
  } finally {
    runs.stop()
  }
}

async function findRun(service: Service, recipe: Recipe): Promise<string | null> {
  for (const { id, method, state } of await service.call('run.list', {})) {
    if (method !== recipe.method || state === 'failed') continue
    const run = await service.call('run.get', { runId: id })
    if (JSON.stringify(run.recipe) === JSON.stringify(recipe)) return id
  }
  return null
}

async function measure(service: Service, contender: Contender, budget: Budget): Promise<Row> {
  const { name } = contender
  const setting = budget.kind === 'bits' ? `${budget.bitsPerWeight} bits` : budget.kind === 'remove' ? `-${budget.percent} %` : ''
  try {
    return { name, setting, report: (await runOf(service, recipeFor(contender, budget))).report, refusal: null }
  } catch (error) {
    const shape = toErrorShape(error)
    if (shape.code === 'internal') throw error
    return { name, setting, report: null, refusal: errorText(shape) }
  }
}

const COLUMNS = ['method', 'setting', 'bytes', 'perplexity', 'ratio', 'KL divergence', 'same top-1', 'seconds'] as const

function cellsOf({ name, setting, report, refusal }: Row): string[] {
  if (report === null) return [name, setting, refusal ?? '']
  const { perplexity, klDivergence, topOneAgreement } = report.quality
  return [
    name,
    setting,
    String(report.file.bytes),
    perplexity.shrunk.toFixed(3),
    (perplexity.shrunk / perplexity.original).toFixed(4),
    `${klDivergence.mean.toFixed(5)} ± ${klDivergence.standardError.toFixed(5)}`,
    `${(topOneAgreement * 100).toFixed(2)} %`,
    report.seconds.toFixed(1),
  ]
}

function table(rows: readonly Row[]): string {
  const lines = [[...COLUMNS], ...rows.map(cellsOf)]
  const widths = COLUMNS.map((_, column) => Math.max(...lines.filter((line) => line.length > 3).map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => (line.length > 3 ? cell.padEnd(widths[column] ?? 0) : cell.padEnd(Math.min(20, widths[column] ?? 0))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Perplexity rise of a row over the original; null without a report. */
function rise(rows: readonly Row[], name: string, setting: string): number | null {
  const report = rows.find((row) => row.name === name && row.setting === setting)?.report
  return report === null || report === undefined ? null : report.quality.perplexity.shrunk / report.quality.perplexity.original - 1
}

/** What the papers lead one to expect, held against the table. */
function verdicts(rows: readonly Row[]): string[] {
  const lines: string[] = []
  for (const bits of BITS.map((each) => `${each} bits`)) {
    for (const name of ['mc', MC_BY_ERROR.name]) {
      const [own, even] = [rise(rows, name, bits), rise(rows, 'gptq', bits)]
      if (own !== null && even !== null)
        lines.push(
          `${own < even ? 'holds' : 'FAILS'}: ${name} below uniform gptq at ${bits}; rise of perplexity ${(own * 100).toFixed(2)} % against ${(even * 100).toFixed(2)} %, ratio ${(own / even).toFixed(2)}`,
        )
    }
  }
  const order = ['rfid-moe', 'mobe', 'd2-moe', 'svd-llm', 'svd']
  for (const removed of ['-40 %', '-60 %']) {
    const rises = order
      .map((method) => ({ method, rise: rise(rows, method, removed) }))
      .filter((each): each is { method: string; rise: number } => each.rise !== null)
    if (rises.length < 2) continue
    const holds = rises.every((each, i) => i === 0 || (rises[i - 1]?.rise ?? 0) < each.rise)
    const found = [...rises].sort((a, b) => a.rise - b.rise).map((each) => `${each.method} ${(each.rise * 100).toFixed(1)} %`)
    lines.push(`${holds ? 'holds' : 'FAILS'}: ${order.join(' < ')} at ${removed}; found ${found.join(' < ')}`)
  }
  const point = rows.find((row) => row.name === 'mobe' && row.setting === `-${MOBE_POINT} %`)?.report
  if (point)
    lines.push(
      `MoBE at ${MOBE_POINT} %: perplexity ratio ${(point.quality.perplexity.shrunk / point.quality.perplexity.original).toFixed(4)}, same top-1 ${(point.quality.topOneAgreement * 100).toFixed(2)} %`,
    )
  return lines
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { work: { type: 'string' }, only: { type: 'string' }, json: { type: 'boolean' } } })
  if (!existsSync(MODEL)) return void process.stdout.write('bench:methods needs the shared test models beside the repository\n')
  const work = resolve(values.work ?? join(SOURCE_ROOT, 'test-results/bench-methods'))
  const workplace = openWorkplace({
    host: { kind: 'cli', missing: [], pickFolder: null, reveal: null },
    spawn: () => forkEngine(),
    root: SOURCE_ROOT,
    work,
  })
  try {
    const rows: Row[] = []
    for (const { contender, budget } of rowsWanted(values.only?.split(',') ?? [])) {
      const row = await measure(workplace.service, contender, budget)
      rows.push(row)
      process.stderr.write(`${cellsOf(row).join('  ')}\n`)
    }
    process.stdout.write(
      values.json === true ? `${JSON.stringify(rows)}\n` : `${table(rows)}\n\n${verdicts(rows).join('\n')}\nRuns kept in ${work}\n`,
    )
  } finally {
    await workplace.close()
  }
}

await main()
