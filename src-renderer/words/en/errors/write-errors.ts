import { clause } from './because.ts'
import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords } from '../../error-words.ts'

const path = (f: ErrorFacts): string => f.text('path', 'The output path')
const folder = (f: ErrorFacts): string => path(f).replace(/(?<=.)[/\\][^/\\]*$/, '')

const CHOOSE = 'Choose another path under "Where it goes", or leave it empty to use Whittle\'s own folder.'
const NOT_ALLOWED = {
  why: (f: ErrorFacts) => `You have no permission to write ${path(f)}.`,
  remedy: `${CHOOSE} A folder in your home folder will do.`,
}

/** Why a file can't be written and what to do, by the reason that the core gives: a key of its own or the system's code. */
const REASONS: Readonly<Record<string, { why: (facts: ErrorFacts) => string; remedy: string }>> = {
  'inside-the-model': { why: (f) => `${path(f)} lies in the folder of the original model, which is never changed.`, remedy: CHOOSE },
  'inside-the-program': { why: (f) => `${path(f)} lies in Whittle's own folder, which the next version replaces.`, remedy: CHOOSE },
  'read-by-the-run': { why: (f) => `${path(f)} is the text that this run reads.`, remedy: CHOOSE },
  'not-a-gguf': { why: (f) => `What lies at ${path(f)} is no GGUF file, and only those are replaced.`, remedy: CHOOSE },
  ENOENT: {
    why: (f) => `The folder ${folder(f)} doesn't exist.`,
    remedy: `Make that folder first. Or: ${CHOOSE.charAt(0).toLowerCase()}${CHOOSE.slice(1)}`,
  },
  ENOTDIR: { why: (f) => `A part of ${folder(f)} is a file, not a folder.`, remedy: CHOOSE },
  EISDIR: { why: (f) => `${path(f)} is a folder.`, remedy: 'Add the name of a file, for example model.gguf, under "Where it goes".' },
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: { why: (f) => `${folder(f)} is on a drive that can only be read.`, remedy: CHOOSE },
  EBUSY: { why: (f) => `Another program is using ${path(f)}.`, remedy: `Close that program, or write elsewhere. ${CHOOSE}` },
  ENAMETOOLONG: { why: (f) => `${path(f)} is longer than this drive allows.`, remedy: 'Choose a shorter name under "Where it goes".' },
  EINVAL: {
    why: (f) => `${path(f)} holds characters that this drive doesn't allow in a name.`,
    remedy: 'Choose a plainer name under "Where it goes".',
  },
  ELOOP: { why: (f) => `The links in ${path(f)} lead in a circle.`, remedy: CHOOSE },
}

const REFUSED = { why: (f: ErrorFacts) => `The system refuses to write ${path(f)}.`, remedy: CHOOSE }

const reasonOf = (f: ErrorFacts) => {
  const reason = f.text('reason', '')
  return Object.hasOwn(REASONS, reason) ? (REASONS[reason] ?? REFUSED) : REFUSED
}

/** Words for a path that can't be written to. */
export const OUTPUT_NOT_WRITABLE: ErrorWords = {
  what: "The file can't be written there.",
  why: (f) => reasonOf(f).why(f),
  remedy: (f) => reasonOf(f).remedy,
}

/** Words for a name that is taken. */
export const OUTPUT_EXISTS: ErrorWords = {
  what: 'There is already a file with that name.',
  why: (f) =>
    f.text('reason', '') === ''
      ? `${path(f)} exists, and this run was not told to replace it.`
      : `${path(f)} can't be replaced: ${clause(f, 'it is not of Whittle')}.`,
  remedy: 'Choose another name under "Where it goes", or leave it empty and Whittle takes a free one. Or move the old file away.',
}
