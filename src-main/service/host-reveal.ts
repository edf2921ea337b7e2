import { ExpectedError } from '../contract/errors.ts'
import { readRun } from '../store/runs.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** host.reveal: shows a finished run's file in the file manager, where the host can. */
export async function hostReveal({ host, store }: ServiceDependencies, { runId }: { runId: string }): Promise<Record<string, never>> {
  const { outExists, outPath } = readRun(store, runId).summary
  if (host.reveal === null || outPath === null || !outExists) {
    throw new ExpectedError('request-invalid', { call: 'host.reveal', reason: host.reveal === null ? 'no-file-manager' : 'no-file' })
  }
  await host.reveal(outPath)
  return {}
}
