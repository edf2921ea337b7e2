import type { CallInput } from '../../src-main/contract/calls.ts'
import type { MessageKey } from '../locales/i18n.ts'

export type ExportRequest = CallInput<'run.export'>
export type Extra = NonNullable<ExportRequest['extras']>[number]

/** Everything that can lie beside a model. */
export const EXTRAS: readonly Extra[] = ['card', 'recipe', 'plan', 'checksums', 'modelfile']

/** Sizes of parts that are asked for: what old drives and many download pages hold. FAT32 holds files below 4 GiB. */
export const SPLIT_PRESETS = [2_000_000_000, 3_900_000_000] as const

/** What the page's fields hold. */
export interface ExportChoice {
  model: 'leave' | 'copy' | 'split'
  splitBytes: number
  /** Empty for beside the run's own file. */
  folder: string
  /** Empty for the run's own name. */
  name: string
  extras: Extra[]
}

export function firstChoice(): ExportChoice {
  return { model: 'leave', splitBytes: SPLIT_PRESETS[1], folder: '', name: '', extras: ['card', 'recipe', 'checksums'] }
}

const FORBIDDEN = /[\\/:*?"<>|\u0000-\u001f]/u
/** Names that Windows keeps for devices, with any ending. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i

/** What is wrong with a name, as a key for words; null when nothing is. An empty one is the run's own. */
export function nameProblem(name: string): MessageKey | null {
  if (name === '') return null
  if (FORBIDDEN.test(name)) return 'export.nameForbidden'
  if (name.length > 120) return 'export.nameLong'
  if (RESERVED.test(name)) return 'export.nameReserved'
  return name.trim() !== name || name.endsWith('.') ? 'export.nameEnds' : null
}

/** What is wrong with a folder; a path must be whole, because nobody knows what a part of one is relative to. */
export function folderProblem(folder: string): MessageKey | null {
  const path = folder.trim()
  if (path === '') return null
  return /^(\/|[A-Za-z]:[\\/]|\\\\)/.test(path) ? null : 'export.folderPart'
}

/** Whether anything would be written at all. */
export function writesNothing({ model, extras }: ExportChoice): boolean {
  return model === 'leave' && extras.length === 0
}

/** The number of parts a file is split into. */
export function partsOf(fileBytes: number, splitBytes: number): number {
  return Math.max(1, Math.ceil(fileBytes / Math.max(1, splitBytes)))
}

/** What is asked of the core. */
export function requestOf(runId: string, { model, splitBytes, folder, name, extras }: ExportChoice): ExportRequest {
  return { runId, model, splitBytes, folder: folder.trim() || null, name: name || null, extras }
}
