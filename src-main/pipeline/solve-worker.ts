/** A worker thread that runs the HiGHS solver: one program in, one answer out, in order. */
import { parentPort } from 'node:worker_threads'
import loadHighs from 'highs'
import type { SolveAnswer, SolveRequest } from './solver.ts'

const port = parentPort
if (port === null) throw new Error('solve-worker.ts is a worker thread')
// The package's types describe its CommonJS form, a module with a default member; as an ES module the default export is the function itself.
const load: unknown = loadHighs
if (typeof load !== 'function') throw new Error('the highs package exports no loader')
const highs = await (load as typeof loadHighs.default)()

/** Equal requests give equal answers while the time limit is not reached: the solver is single-threaded, and its seed fixed by default. */
function solve({ text, start, timeLimitSeconds, absoluteGap }: SolveRequest): SolveAnswer {
  const model = highs.createModel({ format: 'lp', data: text })
  try {
    const columns = start.map(([name]) => model.getColByName(name))
    const colValue = new Float64Array(columns.length)
    for (const [index, [, value]] of start.entries()) colValue[columns[index] as number] = value
    model.options.set({ output_flag: false, time_limit: timeLimitSeconds, mip_rel_gap: 0, mip_abs_gap: absoluteGap })
    model.setSolution({ colValue })
    model.run()
    const status = model.getModelStatus()
    const known = model.info.get('primal_solution_status') === highs.constants.solutionStatus.feasible
    const values = known ? model.getSolution().colValue : null
    return {
      optimal: status === highs.constants.modelStatus.optimal,
      stopped: status === highs.constants.modelStatus.timeLimit,
      status,
      values: values === null ? null : start.map(([name], index) => [name, values[columns[index] as number] as number] as const),
      bound: Number(model.info.get('mip_dual_bound')),
    }
  } finally {
    model.dispose()
  }
}

port.on('message', (request: SolveRequest) => { port.postMessage(solve(request)) })
