import { lineText } from '../../../contract/log-lines.ts'
import { resolve } from 'node:path'
import { ExpectedError } from '../../../contract/errors.ts'
import type { Report } from '../../../contract/report.ts'
import { judgeFileAgain } from '../../../service/one-job.ts'
import { usage } from '../../flags.ts'
import { recipeOf } from '../arguments.ts'
import type { Command, CommandContext } from '../command.ts'
import { reportJson, reportText } from '../report-text.ts'

/** `whittle report`: the report of a run, or with --model a new judgment of any GGUF file made from that model. */
export const reportCommand: Command = async (context) => {
  const { model } = context.line.flags
  const found = typeof model === 'string' ? await judge(context, model) : await recall(context)
  return { json: reportJson(found), text: reportText(found) }
}

async function recall({ line, service }: CommandContext): Promise<Report> {
  if (line.subject === null) throw usage('', 'name a run, or a file with --model <folder>; "whittle report <run>" shows what it was')
  const run = await service.call('run.get', { runId: line.subject })
  if (run.report === null)
    throw new ExpectedError('run-not-resumable', { runId: line.subject, state: run.summary.state, reason: 'no-report' })
  return run.report
}

async function judge({ line, dependencies, progress, signal }: CommandContext, model: string): Promise<Report> {
  const file = line.subject ?? line.flags.out
  if (typeof file !== 'string') throw usage('--out', 'name the GGUF file to judge')
  const judged = await judgeFileAgain(dependencies, recipeOf(line, model, { kind: 'percent', percent: 100 }), resolve(file), {
    signal,
    onEvent: (event) => {
      if (event.kind === 'progress') progress.show(event)
      if (event.kind === 'log' && event.level !== 'info') progress.say(`${event.level}: ${lineText(event.line)}`)
    },
  })
  progress.end()
  return judged
}
