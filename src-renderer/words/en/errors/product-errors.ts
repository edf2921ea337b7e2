import { because, clause } from './because.ts'
import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords } from '../../error-words.ts'

/** The sentence for a reason that is a key of its own; null for one this version does not know. */
function byReason(f: ErrorFacts, sentences: Readonly<Record<string, (path: string) => string>>): string | null {
  const reason = f.text('reason', '')
  return Object.hasOwn(sentences, reason) ? (sentences[reason]?.(f.text('path', 'That path')) ?? null) : null
}

export const SETTINGS_INVALID: ErrorWords = {
  what: "These settings can't be kept.",
  why: (f) =>
    byReason(f, {
      'folder-missing': (path) => `There is no such folder: ${path}.`,
      'not-a-folder': (path) => `${path} is a file, not a folder.`,
      'not-absolute': (path) => `${path} is not a whole path.`,
      'folder-not-readable': (path) => `${path} can't be read.`,
      'folder-not-writable': (path) => `Nothing can be written to ${path}.`,
      'inside-the-program': (path) => `${path} lies in Whittle's own folder, which the next version replaces.`,
      'file-not-writable': (path) => `The file of the settings, ${path}, can't be written.`,
    }) ?? because(f, "A value is out of range, or the settings file can't be written."),
  remedy: (f) => {
    const reason = f.text('reason', '')
    if (reason === 'not-absolute') return 'Write it from the very beginning, like /home/you/models or D:\\models.'
    if (reason === 'file-not-writable') return 'Check the permissions of the data folder and whether the disk is full.'
    return f.text('path', '') === '' ? 'Correct the value and try again.' : 'Check the path, or choose another folder.'
  },
}

export const BUNDLE_INVALID: ErrorWords = {
  what: 'This file is not a bundle of runs.',
  why: (f) => {
    const problem = f.part('problem')
    const fallback = 'it was not written by Whittle, or it was changed since'
    return problem ? `${f.text('at', 'It')}: ${clause(problem, fallback)}.` : because(f, fallback)
  },
  remedy: 'Export it again on the other machine, and choose the .json file.',
}

export const EXPORT_FAILED: ErrorWords = {
  what: 'The export stopped.',
  why: (f) =>
    byReason(f, {
      imported: () => 'This run came from another machine, and its model stayed there.',
      'not-done': () => 'The run has not finished, so there is nothing to export yet.',
      'file-gone': (path) => `The model is no longer at ${path}.`,
      'file-changed': (path) => `${path} was changed after it was written.`,
      'copy-differs': () => 'The copy differs from what the run wrote: the run’s file was changed, or a disk is failing.',
      'header-too-large': () => 'Parts this small can’t even hold the vocabulary.',
      'tensor-too-large': () => 'One matrix of the model is larger than a part may be.',
      'too-many-parts': () => 'Parts this small would be too many.',
    }) ?? because(f, 'A file could not be written.'),
  remedy: 'Choose another folder, or make room there, and export again. The run itself is untouched.',
}

export const ANSWER_UNAVAILABLE: ErrorWords = {
  what: "The two models can't be asked now.",
  why: (f) =>
    byReason(f, {
      imported: () => 'This run came from another machine, and its models stayed there.',
      'not-done': () => 'The run has not finished, so there is no shrunk model yet.',
      'model-gone': (path) => `The original model is no longer at ${path}.`,
      'model-changed': (path) => `${path} holds another model than the one this run shrank.`,
      'file-gone': (path) => `The shrunk model is no longer at ${path}.`,
      'file-changed': (path) => `${path} was changed after it was written.`,
      'prompt-too-long': () =>
        `The question has ${f.text('tokens', 'too many')} tokens; the model reads at most ${f.text('contextLength', 'fewer')}.`,
    }) ?? because(f, 'One of them is missing.'),
  remedy: (f) => {
    const reason = f.text('reason', '')
    if (reason === 'prompt-too-long') return 'Ask something shorter.'
    if (reason === 'not-done') return 'Wait until the run is done.'
    if (reason === 'imported') return 'Ask on the machine that made it, or shrink the model here with the same recipe.'
    return 'Put the files back where they were, and ask again.'
  },
}

export const RUN_NOT_RESUMABLE: ErrorWords = {
  what: "This run can't go on.",
  why: (f) => {
    if (f.text('reason', '') === 'imported') return 'It came from another machine, and its files stayed there.'
    return f.text('reason', '') === ''
      ? 'It is not in a state to go on from: it may be under way or finished already.'
      : `${f.text('path', 'The unfinished file')}: ${clause(f, 'it is not as it was left')}.`
  },
  remedy: 'Start a new run with the same settings. Measurements are reused where possible.',
}
