import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openCompute } from '../../src-main/compute/session.ts'
import { learnWithAdam } from '../../src-main/factors/mobe/adam.ts'
import { estimateAdam } from '../../src-main/factors/mobe/estimate.ts'
import { learnFast } from '../../src-main/factors/mobe/fast.ts'
import type { MobeMath } from '../../src-main/factors/mobe/passes.ts'
import type { MobeProblem, MobeShape } from '../../src-main/factors/mobe/problem.ts'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { problemOf, structuredWeights } from '../factors/mobe-layer.ts'

/**
 * The fast MoBE solver against the published schedule (Adam, rate 0.07), by floating-point work: the published schedule runs
 * once, the fast solver once for each share of its work. "advantage" is the work the published schedule needed to come to the
 * fast solver's error, over the fast solver's.  node test/bench/mobe.ts [--steps N]
 */

const MODEL = new URL('../../../shared/models/wiki-moe16', import.meta.url)
/** Shares of the published schedule's work that the fast solver is given. */
const SHARES = [1 / 20, 1 / 10, 1 / 5, 1 / 2]

interface Point {
  readonly flops: number
  readonly error: number
  readonly seconds: number
}

const seconds = (since: number): number => (performance.now() - since) / 1000

/** The least error so far after each step of the published schedule. */
async function published(math: MobeMath, problem: MobeProblem, maxSteps: number): Promise<Point[]> {
  const points: Point[] = []
  const since = performance.now()
  await learnWithAdam(math, problem, {
    maxSteps,
    onStep: ({ flops, relativeError }) =>
      points.push({ flops, error: Math.min(relativeError, points.at(-1)?.error ?? Infinity), seconds: seconds(since) }),
  })
  return points
}

function row(name: string, { flops, error, seconds: time }: Point, rest = ''): void {
  console.log(
    `  ${name.padEnd(22)} ${(flops / 1e9).toFixed(0).padStart(6)} GFLOP  error ${error.toFixed(4)}  ${time.toFixed(1).padStart(6)} s${rest}`,
  )
}

async function compare(math: MobeMath, name: string, problem: MobeProblem, steps: number): Promise<void> {
  const { experts, rows, columns, bases, rank, activation } = problem.shape
  console.log(`${name}: ${experts} experts of ${rows} x ${columns}, ${bases} bases of rank ${rank}, ${activation}`)
  const rival = await published(math, problem, steps)
  const last = rival.at(-1)
  if (last === undefined) throw new Error('the published schedule took no step')
  row(`published, ${steps} steps`, last)
  for (const share of SHARES) {
    const since = performance.now()
    const {
      flops,
      relativeError: error,
      steps: passes,
    } = await learnFast(math, problem, { maxSteps: Infinity, maxFlops: share * estimateAdam(problem.shape, steps) })
    const equalWork = rival.findLast((point) => point.flops <= flops)
    const equalError = rival.find((point) => point.error <= error)
    const advantage = equalError === undefined ? `> ${(last.flops / flops).toFixed(1)}` : (equalError.flops / flops).toFixed(1)
    row(
      `fast, ${passes} passes`,
      { flops, error, seconds: seconds(since) },
      `  published at equal work ${equalWork?.error.toFixed(4) ?? 'not started'}  advantage ${advantage}`,
    )
  }
}

async function trained(
  layer: number,
  projection: 'gate' | 'up',
  shape: Omit<MobeShape, 'experts' | 'rows' | 'columns' | 'groups'>,
): Promise<MobeProblem> {
  const { model, close } = await openCheckpoint(fileURLToPath(MODEL))
  try {
    const experts = model.layers[layer]?.experts ?? []
    const weights = await Promise.all(experts.map((expert) => expert[projection].read()))
    const [rows, columns] = experts[0]?.[projection].shape ?? []
    if (rows === undefined || columns === undefined) throw new Error(`layer ${layer} has no experts`)
    return problemOf({ ...shape, experts: experts.length, rows, columns, groups: 1 }, weights)
  } finally {
    await close()
  }
}

const steps = process.argv.includes('--steps') ? Number(process.argv[process.argv.indexOf('--steps') + 1]) : 400
const compute = openCompute({ device: 'cpu', threads: availableParallelism() })
const math: MobeMath = { compute, algebra: loadKernels().kernels.algebra }
try {
  const shape: MobeShape = { experts: 16, rows: 192, columns: 512, bases: 4, rank: 192, groups: 1, activation: 'silu' }
  await compare(math, 'seeded', problemOf(shape, structuredWeights(shape)), Math.ceil(steps / 2))
  if (!existsSync(MODEL)) console.log('skipped the trained model: ../shared/models/wiki-moe16 is not here')
  else
    for (const [layer, projection] of [
      [1, 'gate'],
      [2, 'up'],
    ] as const)
      await compare(
        math,
        `wiki-moe16, layer ${layer}, ${projection}`,
        await trained(layer, projection, { bases: 4, rank: 128, activation: 'silu' }),
        steps,
      )
} finally {
  await compute.close()
}
