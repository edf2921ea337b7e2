import type { ErrorCode } from '../../../../src-main/contract/errors.ts'
import { BUDGET_TOO_SMALL } from './budget-errors.ts'
import { because, clause } from './because.ts'
import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords, OpenErrorCode } from '../../error-words.ts'
import { FORMAT_WORDS } from '../../formats.ts'
import { memorySize } from '../../numbers.ts'
import { ANSWER_UNAVAILABLE, BUNDLE_INVALID, EXPORT_FAILED, RUN_NOT_RESUMABLE, SETTINGS_INVALID } from './product-errors.ts'
import { REQUEST_INVALID, RUN_BUSY } from './request-errors.ts'
import { OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE } from './write-errors.ts'

const TEXT_REASONS: ReadonlyMap<string, string> = new Map([
  ['not-a-file', 'is not a file'],
  ['empty', 'is empty'],
  ['binary', 'holds something other than text'],
  ['not-utf8', 'holds bytes that are not UTF-8'],
  ['not-utf16', 'begins like UTF-16 and is not'],
  ['unreadable', "can't be opened"],
  ['no-text-files', 'is a folder without text files'],
  ['private', 'is hidden, or lies where programs keep keys and settings'],
  ['not-json', 'is not valid JSON'],
  ['json-too-deep', 'nests its JSON deeper than text ever is'],
  ['no-text-field', 'has no “text” in its JSON objects'],
  ['json-too-large', 'is one JSON value that is too large; put one object on each line (.jsonl)'],
])

function tooShort(facts: ErrorFacts): string {
  const path = facts.text('path', 'It')
  if (facts.text('reason', '') === 'no-line-to-cut-at') return `${path} has no end of a line where a part could be set aside to judge on.`
  return `${path} holds ${facts.text('tokens', 'too few')} tokens; ${facts.text('needed', 'more')} are needed.`
}

function contextTooLong(facts: ErrorFacts): string {
  if (facts.text('reason', '') === 'bits-of-factors')
    return `Factors have no bits of their own, so ${facts.text('bits', 'a number of')} bits per expert weight can't bound them.`
  if (facts.text('reason', '') !== 'context-too-long') return because(facts, 'a number is out of range')
  return `You asked for a context of ${facts.text('contextTokens', 'many')} tokens; this model was made for at most ${facts.text('contextLength', 'fewer')}.`
}

/** The title of a format inside a sentence; null for none this version knows. */
function formatTitle(name: string): string | null {
  const words = Object.entries(FORMAT_WORDS).find(([format]) => format === name)?.[1]
  return words ? `a ${words.title}` : null
}

function notApplicable(facts: ErrorFacts): string {
  const formats = facts.list('formats').flatMap((name) => formatTitle(name) ?? [])
  const method = facts.either(['title', 'method'], 'The method')
  if (formats.length > 0)
    return `${method} doesn't write ${formatTitle(facts.text('format', '')) ?? 'this format'}. It writes ${formats.join(', ')}.`
  return because(facts, "The model or the output format can't hold what the method makes.")
}

function crashed(facts: ErrorFacts): string {
  const at = facts.number('lastLayer')
  const peak = facts.number('peakMemoryBytes')
  const total = facts.number('totalMemoryBytes')
  const how = facts.either(['signal', 'exitCode'], '')
  const where = at === null ? '' : ` at layer ${at + 1}`
  const memory = peak && total ? ` It had used up to ${memorySize(peak)} of the ${memorySize(total)} there are.` : ''
  const guess = facts.text('signal', '') === 'SIGKILL' ? ' Often it is the system that does this, to free memory.' : ''
  return `Its process ended${where}${how ? ` (${how})` : ''}.${memory}${guess}`
}

/** Words for everything that can go wrong after a model was opened. */
export const RUN_ERRORS: Readonly<Record<Exclude<ErrorCode, OpenErrorCode>, ErrorWords>> = {
  'path-not-chosen': {
    what: (f) => (f.text('use', '') === 'text' ? 'This text was not chosen here.' : 'This place was not chosen here.'),
    why: (f) =>
      `Whittle only reads texts and writes to places that you picked, typed or dropped since it was started, or that a run of yours used. ${f.text('path', 'This one')} is not among them.`,
    remedy: 'Choose it again.',
  },
  'corpus-not-found': {
    what: "The text file isn't there.",
    why: (f) => `Nothing was found at ${f.text('path', 'that path')}.`,
    remedy: 'Check the path, or use the built-in text.',
  },
  'corpus-too-short': {
    what: 'The text is too short.',
    why: tooShort,
    remedy: 'Choose a longer text, ask for fewer tokens, or use the built-in text.',
  },
  'corpus-overlap': {
    what: 'The two texts share passages.',
    why: (f) =>
      `${f.text('share', 'Some')} of the text to judge on is also in the calibration text. The quality numbers would look better than they are.`,
    remedy: 'Choose another text to judge on, or let Whittle set a part aside by itself.',
  },
  'corpus-invalid': {
    what: "The text can't be read.",
    why: (f) => `${f.text('path', 'The file')} ${TEXT_REASONS.get(f.text('reason', '')) ?? 'is not plain text in UTF-8'}.`,
    remedy: 'Save it as plain text (.txt, UTF-8) and choose it again.',
  },
  'budget-invalid': { what: "That budget can't be used.", why: contextTooLong, remedy: 'Go back to the goal and choose another number.' },
  'budget-too-small': BUDGET_TOO_SMALL,
  'method-unknown': {
    what: "This method doesn't exist here.",
    why: (f) => `"${f.text('method', 'It')}" is not among ${f.text('known', 'the methods of this version')}.`,
    remedy: 'Choose one of the methods listed.',
  },
  'method-not-applicable': {
    what: (f) =>
      f.text('format', '') === '' ? "This method doesn't work for this model." : "This method and this format don't go together.",
    why: notApplicable,
    remedy: (f) =>
      f.text('format', '') === ''
        ? 'Choose another method.'
        : `Choose ${formatTitle(f.text('use', '')) ?? 'another format'}, or another method.`,
  },
  'planning-stopped': {
    what: 'Whittle gave up working this out.',
    why: (f) =>
      f.text('reason', '') === 'memory'
        ? 'It took more memory than Whittle gives it.'
        : `It took longer than ${f.text('seconds', 'some hundred')} seconds.`,
    remedy: 'A file of the model may be damaged, or its disk is very slow. Download the model again, or try another one.',
  },
  'disk-full': {
    what: 'The disk is full.',
    why: (f) =>
      `${f.text('path', 'The output')} could not be written${f.number('needed') !== null ? `: ${f.size('needed', '')} are needed${f.number('freeBytes') !== null ? ` and ${f.size('freeBytes', '')} are free` : ''}` : ''}.`,
    remedy: 'Free some space, then resume. Finished layers are kept.',
  },
  'output-not-writable': OUTPUT_NOT_WRITABLE,
  'output-exists': OUTPUT_EXISTS,
  'gguf-invalid': {
    what: "The GGUF file doesn't pass its checks.",
    why: (f) => `${f.either(['path', 'key', 'tensor'], 'The file')}: ${clause(f, "it breaks the format's rules")}.`,
    remedy: 'Run again. If it happens twice, please report it.',
  },
  'output-changed': {
    what: 'Something else changed the file while it was written.',
    why: (f) => `${f.text('path', 'The file')}: ${clause(f, 'it is not what was written')}.`,
    remedy: 'See that no other program writes or moves it, then resume. Layers that are as they were written are kept.',
  },
  'verification-failed': {
    what: "The finished file didn't pass the last check.",
    why: (f) =>
      `${f.text('by', '') === 'llama.cpp' ? 'llama.cpp' : 'Whittle'} does not accept it: ${clause(f, 'what was read back is not what was written')}.`,
    remedy: "Don't use the file. Run again; if it happens twice, check the disk.",
  },
  'device-unavailable': {
    what: "The chosen device can't be used.",
    why: (f) => `${f.text('device', 'It')}: ${clause(f, 'it did not answer')}.`,
    remedy: 'Choose "Automatic" or the processor under Settings of the run.',
  },
  'out-of-memory': {
    what: 'The machine ran out of memory.',
    why: (f) =>
      `${f.text('device', 'The engine')} could not get the memory it asked for${f.number('layer') !== null ? ` at layer ${f.text('layer', '')}` : ''}.`,
    remedy: 'Close other programs, then resume. Finished layers are kept.',
  },
  'engine-crashed': {
    what: 'The engine stopped unexpectedly.',
    why: crashed,
    remedy: 'Close other programs, then resume. Finished layers are kept.',
  },
  'run-not-found': {
    what: 'This run no longer exists.',
    why: () => 'It was deleted, perhaps in another window.',
    remedy: 'Go back to the list of runs.',
  },
  'run-damaged': {
    what: 'What is kept of this run is damaged.',
    why: () => 'A part of its entry in the history cannot be read.',
    remedy: 'Delete it from the history; the file it wrote stays where it is. Other runs are not affected.',
  },
  'run-busy': RUN_BUSY,
  'run-not-resumable': RUN_NOT_RESUMABLE,
  'history-unreadable': {
    what: "The history can't be read.",
    why: (f) =>
      f.text('why', '') === 'newer' ? 'A newer version of Whittle made it.' : `Its file is damaged: ${f.text('path', 'whittle.db')}.`,
    remedy: 'Start Whittle again: it offers to keep the old history aside and to begin an empty one.',
  },
  'work-folder-not-writable': {
    what: "Whittle can't write to its data folder.",
    why: (f) => `${f.either(['path', 'folder'], 'The folder')} refuses writing.`,
    remedy: 'Check the permissions of that folder, or start Whittle with another one (--work).',
  },
  'request-invalid': REQUEST_INVALID,
  'app-closing': { what: 'Whittle is closing.', why: () => 'It no longer starts anything.', remedy: 'Start Whittle again.' },
  'bundle-invalid': BUNDLE_INVALID,
  'settings-invalid': SETTINGS_INVALID,
  'export-failed': EXPORT_FAILED,
  'answer-unavailable': ANSWER_UNAVAILABLE,
}
