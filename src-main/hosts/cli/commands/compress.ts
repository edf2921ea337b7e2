import type { Recipe } from '../../../contract/recipe.ts'
import type { Report } from '../../../contract/report.ts'
import { modelOf, recipeOf } from '../arguments.ts'
import type { Command, CommandContext } from '../command.ts'
import { followRuns, type FollowedRun } from '../follow-run.ts'
import { planText } from '../plan-text.ts'
import { reportJson, reportText } from '../report-text.ts'

/** `whittle compress`: from the model folder to the judged file. `--resume <run>` goes on with a run that stopped. */
export const compressCommand: Command = async (context) => {
  const { resume } = context.line.flags
  const run =
    typeof resume === 'string'
      ? await finishRun(context, resume)
      : await startRun(context, recipeOf(context.line, modelOf(context.line), null))
  return { json: { runId: run.id, ...reportJson(run.report) }, text: reportText(run.report) }
}

/** A finished run: its report, with time and memory of the whole command instead of its last job alone. */
export interface FinishedRun {
  readonly id: string
  readonly report: Report
}

/** Makes a run and takes it to its report. */
export async function startRun(context: CommandContext, recipe: Recipe): Promise<FinishedRun> {
  return watched(context, async () => (await context.service.call('run.prepare', recipe)).id)
}

/** Takes a planned or stopped run to its report. */
export async function finishRun(context: CommandContext, runId: string): Promise<FinishedRun> {
  return watched(context, async () => {
    const { summary } = await context.service.call('run.get', { runId })
    if (summary.state !== 'planned') await context.service.call('run.resume', { runId })
    return runId
  })
}

async function watched({ service, progress, signal, keep }: CommandContext, begin: () => Promise<string>): Promise<FinishedRun> {
  const started = performance.now()
  const runs = followRuns(service, progress)
  try {
    const id = await begin()
    const run = runs.follow(id)
    const { summary, plan } = await service.call('run.get', { runId: id })
    if (plan !== null) keep(id)
    if (summary.state === 'planned' || (await run.rested(signal)) === 'planned') {
      const planned = plan ?? (await service.call('run.get', { runId: id })).plan
      keep(id)
      if (planned !== null) progress.say(planText(planned))
      await service.call('run.start', { runId: id })
      await run.rested(signal)
    }
    return { id, report: await reportOf(service, id, run, (performance.now() - started) / 1000) }
  } finally {
    runs.stop()
  }
}

async function reportOf(service: CommandContext['service'], runId: string, run: FollowedRun, seconds: number): Promise<Report> {
  const { report } = await service.call('run.get', { runId })
  if (report === null) throw new Error(`run ${runId} is done but has no report`)
  return { ...report, seconds, peakMemoryBytes: Math.max(report.peakMemoryBytes, run.peakMemoryBytes()) }
}
