/**
 * A worker thread that solves integer programs, one after the other: greedily, then by a sweep over what is left open, then with the HiGHS
 * solver, as far as the gap asks for. Every better answer is told at once, the last one as final.
 */
import { parentPort } from 'node:worker_threads'
import loadHighs from 'highs'
import { coreOf } from '../allocation/core-program.ts'
import type { CoreProgram } from '../allocation/core-program.ts'
import { greedyChoice, improve, smallestSize } from '../allocation/greedy-choice.ts'
import { tally } from '../allocation/integer-program.ts'
import type { ChoiceProgram } from '../allocation/integer-program.ts'
import { picksOf, programText } from '../allocation/program-text.ts'
import { sweepCore } from '../allocation/sweep-core.ts'
import type { SolveAnswer, SolveRequest } from './solver.ts'

const port = parentPort
if (port === null) throw new Error('solve-worker.ts is a worker thread')

// The package's types describe its CommonJS form, a module with a default member; as an ES module the default export is the function
// itself.
const load: unknown = loadHighs
if (typeof load !== 'function') throw new Error('the highs package exports no loader')
const highs = await (load as typeof loadHighs.default)()

/** Nearer than this, in a core whose known answer lies 1000 above its bound, HiGHS does not tell answers apart. */
const SOLVER_ACCURACY = 1e-6

/** Relative; sums of costs are no more exact than this. */
const ROUNDING = 1e-12

type Known = Extract<SolveAnswer, { kind: 'known' }>

port.on('message', (request: SolveRequest) => {
  for (const answer of answersTo(request)) port.postMessage(answer)
})

function* answersTo({ program, gap, timeLimitSeconds, sweepStates }: SolveRequest): Generator<SolveAnswer> {
  const end = performance.now() + timeLimitSeconds * 1000
  const greedy = greedyChoice(program)
  if (greedy === null) return yield { kind: 'infeasible', smallest: smallestSize(program) }
  const core = coreOf(program, greedy)
  const first: Known = { kind: 'known', picks: greedy, bound: core.bound, final: false }
  if (closed(program, first, gap)) return yield { ...first, final: true }
  yield first
  const swept = better(program, first, sweepCore(program, core, sweepStates))
  if (closed(program, swept, gap)) return yield { ...swept, final: true }
  yield swept
  const rest = coreOf(program, swept.picks)
  const objective = tally(program, swept.picks).objective
  const absoluteGap = Math.max(gap * objective * rest.scale, SOLVER_ACCURACY)
  yield { ...better(program, swept, runHighs(rest, Math.max(0.1, (end - performance.now()) / 1000), absoluteGap)), final: true }
}

function closed(program: ChoiceProgram, { picks, bound }: Known, gap: number): boolean {
  const { objective } = tally(program, picks)
  return objective - bound <= Math.max(gap, ROUNDING) * objective
}

/** The cheaper picks of those that hold every constraint, and the higher bound. */
function better(program: ChoiceProgram, known: Known, found: { readonly picks: readonly number[]; readonly bound: number } | null): Known {
  if (found === null) return known
  const bound = Math.max(known.bound, found.bound)
  const sound = tally(program, found.picks).feasible
  const picks = sound ? improve(program, found.picks) : known.picks
  return { ...known, bound, picks: tally(program, picks).objective < tally(program, known.picks).objective ? picks : known.picks }
}

/** Equal cores give equal answers while the time limit is not reached: the build is single-threaded, its random seed fixed by default. */
function runHighs(core: CoreProgram, seconds: number, absoluteGap: number): { picks: readonly number[]; bound: number } {
  const { text, start } = programText(core)
  const model = highs.createModel({ format: 'lp', data: text })
  try {
    const columns = start.map(([name]) => model.getColByName(name))
    const colValue = new Float64Array(columns.length)
    for (const [index, [, value]] of start.entries()) colValue[columns[index] as number] = value
    model.options.set({ output_flag: false, time_limit: seconds, mip_rel_gap: 0, mip_abs_gap: absoluteGap })
    model.setSolution({ colValue })
    model.run()
    const { optimal, timeLimit } = highs.constants.modelStatus
    const status = model.getModelStatus()
    if (status !== optimal && status !== timeLimit) throw new Error(`HiGHS ended with status ${status} on a program that has an answer`)
    const bound = core.bound + Math.max(0, Number(model.info.get('mip_dual_bound'))) / core.scale
    if (model.info.get('primal_solution_status') !== highs.constants.solutionStatus.feasible) return { picks: core.known, bound }
    const values = model.getSolution().colValue
    return { picks: picksOf(core, new Map(start.map(([name], index) => [name, values[columns[index] as number] as number]))), bound }
  } finally {
    model.dispose()
  }
}
