import type { ServiceDependencies } from '../../service/dependencies.ts'
import type { Service } from '../../service/service.ts'
import type { CommandLine } from './arguments.ts'
import type { ProgressLine } from './progress-line.ts'

/** What a command works with. */
export interface CommandContext {
  readonly line: CommandLine
  readonly service: Service
  readonly dependencies: ServiceDependencies
  readonly progress: ProgressLine
  readonly signal: AbortSignal
  /** Names the run that can be gone on with from here, so that a failure can say so. */
  readonly keep: (runId: string) => void
}

/** What a command found: for machines, and for people. */
export interface CommandResult {
  readonly json: object
  readonly text: string
}

/** One of the verbs. Throws ExpectedError, the signal's reason, or a bug. */
export type Command = (context: CommandContext) => Promise<CommandResult>
