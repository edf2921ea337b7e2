import { mkdir, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import type { ExportedFile, ExportOrder } from '../contract/export.ts'
import type { RunDetail } from '../contract/run.ts'
import { explainWriteFailure } from '../formats/write-failure.ts'
import { exportModel, freeBytesOf, type FreeBytes } from '../pipeline/export-model.ts'
import { refuseOwnFolder } from '../pipeline/output.ts'
import { readRun } from '../store/runs.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { writeExtras } from './export-extras.ts'
import { requireFolderInReach } from './reach.ts'

type DoneRun = RunDetail & { report: NonNullable<RunDetail['report']> }

/**
 * run.export: what a finished run gives away: its model copied, split or left where it is, and files beside it.
 * @throws ExpectedError 'run-not-found', 'export-failed' {reason}, 'output-exists', 'output-not-writable', 'disk-full', 'request-invalid'
 * for what the run's format cannot have, 'path-not-chosen' for a folder that nobody chose
 */
export async function runExport(
  dependencies: ServiceDependencies,
  request: ExportOrder,
  freeBytes: FreeBytes = freeBytesOf,
): Promise<{ files: ExportedFile[] }> {
  const { store, version, resources } = dependencies
  const run = requireDone(readRun(store, request.runId))
  const { file } = run.report
  const format = run.report.format ?? 'gguf'
  refuseUnsuited(request, format === 'gguf')
  const isBeside = request.folder === null || resolve(request.folder) === dirname(resolve(file.path))
  if (request.folder !== null && !isBeside) requireFolderInReach(dependencies, request.folder)
  const folder = await requireFolder(request.folder ?? dirname(file.path), resources)
  const name = request.name ?? basename(file.path).replace(/\.gguf$/, '')
  const models =
    request.model === 'leave'
      ? await requireLeft(file.path)
      : await exportModel({ file, format, folder, name, splitBytes: request.model === 'split' ? request.splitBytes : null, freeBytes })
  // Where all runs write, every file carries its model's name.
  const extras = await writeExtras({
    run,
    extras: request.extras,
    folder,
    prefix: isBeside ? `${name}.` : '',
    models: models.map(({ path }) => path),
    version,
  })
  return { files: [...(request.model === 'leave' ? [] : models), ...extras] }
}

function requireDone(run: RunDetail): DoneRun {
  const { summary, report } = run
  if (summary.importedAt !== null) throw new ExpectedError('export-failed', { reason: 'imported' })
  if (summary.state !== 'done' || report === null) throw new ExpectedError('export-failed', { reason: 'not-done', state: summary.state })
  return { ...run, report }
}

function refuseUnsuited({ model, extras }: ExportOrder, isFile: boolean): void {
  if (isFile) return
  const problems = [
    ...(model === 'split' ? [{ path: 'model', reason: 'splits-files' } as const] : []),
    ...(extras.includes('modelfile') ? [{ path: 'extras', reason: 'modelfile-of-folder' } as const] : []),
  ]
  if (problems.length > 0) throw new ExpectedError('request-invalid', { call: 'run.export', problems })
}

async function requireFolder(path: string, resources: string): Promise<string> {
  const folder = resolve(path)
  await refuseOwnFolder(folder, resources)
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw explainWriteFailure(error, folder, 0)
  })
  return folder
}

async function requireLeft(path: string): Promise<ExportedFile[]> {
  const facts = await stat(path).catch(() => null) // gone, or out of reach
  if (facts === null) throw new ExpectedError('export-failed', { reason: 'file-gone', path })
  return [{ path, bytes: facts.size, linked: false }]
}
