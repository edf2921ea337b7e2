import { usage } from '../../flags.ts'
import type { Command } from '../command.ts'
import { sizeText } from '../numbers.ts'

/** `whittle delete`: forgets a run and removes what it left unfinished; its finished file only with --with-file. */
export const deleteCommand: Command = async ({ line, service }) => {
  const runId = line.subject
  if (runId === null) throw usage('', 'name a run; "whittle history" lists them')
  const { freedBytes } = await service.call('run.delete', { runId, deleteFile: line.flags['with-file'] === true })
  return {
    json: { runId, freedBytes },
    text: `Run ${runId} is forgotten${freedBytes === 0 ? '' : `; ${sizeText(freedBytes)} are free again`}.`,
  }
}
