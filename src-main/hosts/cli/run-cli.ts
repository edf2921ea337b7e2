import { toErrorShape } from '../../contract/errors.ts'
import type { ErrorShape } from '../../contract/error-shape.ts'
import type { SpawnEngine } from '../../jobs/messages.ts'
import { methodList } from '../../service/method-list.ts'
import { openWorkplace, readVersion } from '../workplace.ts'
import { readCommandLine, type CommandLine, type CliCommandName } from './arguments.ts'
import type { Command, CommandResult } from './command.ts'
import { calibrateCommand } from './commands/calibrate.ts'
import { compressCommand } from './commands/compress.ts'
import { deleteCommand } from './commands/delete.ts'
import { demoCommand } from './commands/demo.ts'
import { historyCommand } from './commands/history.ts'
import { openCommand } from './commands/open.ts'
import { planCommand } from './commands/plan.ts'
import { reportCommand } from './commands/report.ts'
import { helpText } from './help.ts'
import { printable } from './printable.ts'
import { createProgressLine, type Screen } from './progress-line.ts'
import { errorText, exitCodeOf } from './words.ts'

const COMMANDS: Readonly<Record<CliCommandName, Command>> = {
  open: openCommand,
  calibrate: calibrateCommand,
  plan: planCommand,
  compress: compressCommand,
  report: reportCommand,
  demo: demoCommand,
  history: historyCommand,
  delete: deleteCommand,
}

/** What the CLI is started with. */
export interface CliOptions {
  readonly words: readonly string[]
  readonly stdout: Screen
  readonly stderr: Screen
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal
  readonly spawn: SpawnEngine
  readonly root: string
}

/** Runs one command line; returns the exit code. Nothing but the result goes to standard output. */
export async function runCli(options: CliOptions): Promise<number> {
  const asJson = options.words.includes('--json')
  let runId: string | null = null
  try {
    const line = readCommandLine(options.words, methodList())
    const result = await act(line, options, (id) => {
      runId = id
    })
    options.stdout.write(asJson ? `${JSON.stringify(result.json)}\n` : `${printable(result.text)}\n`)
    return 0
  } catch (error) {
    const shape: ErrorShape = options.signal.aborted ? { code: 'cancelled', message: '', details: {} } : toErrorShape(error)
    const message = errorText(shape)
    const details = runId === null ? shape.details : { runId, ...shape.details }
    if (asJson) options.stdout.write(`${JSON.stringify({ error: { ...shape, message, details } })}\n`)
    else
      options.stderr.write(
        `${printable(message)}\n${runId === null ? '' : `Finished layers are kept: whittle compress --resume ${runId} goes on.\n`}`,
      )
    return exitCodeOf(shape.code)
  }
}

async function act(line: CommandLine, { stderr, signal, spawn, root }: CliOptions, keep: (runId: string) => void): Promise<CommandResult> {
  if (line.flags.version === true) {
    const version = readVersion(root)
    return { json: { version }, text: version }
  }
  if (line.command === null || line.flags.help === true) {
    const text = helpText(line.methods)
    return { json: { help: text }, text }
  }
  const progress = createProgressLine(stderr)
  const { work } = line.flags
  const workplace = openWorkplace({
    host: { kind: 'cli', missing: [], pickFolder: null, reveal: null },
    spawn,
    root,
    work: typeof work === 'string' ? work : null,
    freshHistory: line.flags['fresh-history'] === true,
  })
  try {
    return await COMMANDS[line.command]({ line, service: workplace.service, dependencies: workplace.dependencies, progress, signal, keep })
  } finally {
    progress.end()
    await workplace.close()
  }
}
