import type { ErrorShape } from '../../contract/error-shape.ts'
import type { ErrorCode } from '../../contract/errors.ts'
import { toldText } from '../../contract/reasons.ts'
import { percentText, sizeText } from './numbers.ts'

type Details = Readonly<Record<string, unknown>>

/** The first of `names` that the details hold, as text. */
function fact(details: Details, ...names: string[]): string {
  const value = names.map((name) => details[name]).find((each) => each !== undefined && each !== null && each !== '')
  if (value === undefined) return ''
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/** The first of a list, as text. */
function firstOf(details: Details, name: string): string {
  const value = details[name]
  return Array.isArray(value) ? String(value[0]) : ''
}

function bytes(details: Details, name: string): string {
  const value = details[name]
  return typeof value === 'number' ? sizeText(value) : 'an unknown size'
}

/** `before` and the fact, or nothing where the fact is unknown. */
function also(before: string, text: string): string {
  return text === '' ? '' : `${before}${text}`
}

const folder = (d: Details): string => fact(d, 'folder', 'path') || 'the folder'
const file = (d: Details): string => fact(d, 'path', 'file', 'shard') || 'a weight file'

/** What each failure says to somebody at a terminal: what happened and what to do. */
export const CLI_WORDS: Readonly<Record<ErrorCode, (details: Details) => string>> = {
  'folder-not-found': (d) => `There is no readable folder at ${folder(d)}.`,
  'config-missing': (d) => `${folder(d)} has no config.json: it is not a Hugging Face model folder.`,
  'config-invalid': (d) =>
    `${fact(d, 'file') || 'config.json'} cannot be understood${also(' at ', fact(d, 'key'))}: ${toldText(d) || 'it is damaged'}.`,
  'architecture-unknown': (d) => `Whittle does not know the architecture ${fact(d, 'architecture')}. Known: ${fact(d, 'known')}.`,
  'config-key-unsupported': (d) =>
    `The model's setting ${fact(d, 'key') || 'in config.json'}${d.value === undefined ? '' : ` = ${JSON.stringify(d.value)}`} ${d.where === undefined ? 'is not supported, and guessing would give a broken file' : 'is one llama.cpp computes otherwise, or not at all: it cannot become a GGUF file'}.`,
  'weights-missing': (d) => `${folder(d)} holds no safetensors weights.`,
  'pickle-refused': (d) =>
    `${fact(d, 'files', 'path') || 'a file'}: pickle files can run programs and are never opened. Use a safetensors version.`,
  'already-quantized': () => 'The model is already quantized. Start from the original in bf16 or f16.',
  'shard-missing': (d) => `The index names ${fact(d, 'shard', 'path')}, which is not in the folder. Finish the download.`,
  'shard-truncated': (d) => `${file(d)} is cut short. Download it again.`,
  'shard-path-escapes': (d) => `The index points outside its folder (${fact(d, 'file', 'shard', 'path')}). Do not use this copy.`,
  'header-too-long': (d) => `${file(d)} claims a header longer than allowed or than the file. Download it again.`,
  'header-invalid': (d) => `The header of ${file(d)} is damaged: ${toldText(d)}.`,
  'tensor-overlap': (d) => `In ${file(d)}, ${fact(d, 'tensor')} overlaps another tensor. Download it again.`,
  'tensor-out-of-bounds': (d) => `In ${file(d)}, ${fact(d, 'tensor')} lies beyond the end of the file. Download it again.`,
  'tensor-missing': (d) => `The tensor ${fact(d, 'tensor')} is missing. Finish the download.`,
  'tensor-unexpected': (d) => `The tensor ${fact(d, 'tensor')} does not belong to this model.`,
  'tensor-shape': (d) =>
    d.reason !== undefined
      ? `In ${file(d)}, ${toldText(d)}. Download it again.`
      : `The tensor ${fact(d, 'tensor')} is ${fact(d, 'shape')} where config.json asks for ${fact(d, 'expected')}.`,
  'dtype-unsupported': (d) => `The tensor ${fact(d, 'tensor')} is stored as ${fact(d, 'dtype')}. Whittle reads bf16, f16 and f32.`,
  'tensor-not-finite': (d) => `${fact(d, 'tensor', 'where') || 'a tensor'} holds values that are not numbers. Download the model again.`,
  'tokenizer-missing': (d) => `${folder(d)} has no ${fact(d, 'file') || 'tokenizer.json'}.`,
  'tokenizer-invalid': (d) => `The tokenizer${also(' file ', fact(d, 'file'))} cannot be used: ${toldText(d) || 'it is damaged'}.`,
  'pretokenizer-unknown': (d) =>
    `llama.cpp has no name for this tokenizer's way of cutting text. ${
      fact(d, 'fits') === ''
        ? 'None of those it has cuts the test texts alike, and a guess would quietly spoil the model.'
        : `On all test texts it cuts like ${fact(d, 'fits')}. If you take it for that, say --pretokenizer ${firstOf(d, 'fits')}.`
    }`,
  'template-invalid': (d) => `The chat template does not work: ${toldText(d) || 'nobody knows why'}.`,
  'path-not-chosen': (d) => `The path ${fact(d, 'path')} was not chosen in this session.`,
  'corpus-not-found': (d) => `There is no text file at ${fact(d, 'path')}.`,
  'corpus-too-short': (d) =>
    `${fact(d, 'path') || 'the text'} is too short${also(': it gives ', fact(d, 'tokens'))}${also(' tokens of the ', fact(d, 'needed'))}. Give more text, or ask for fewer tokens (--calibration-tokens, --heldout-tokens).`,
  'corpus-overlap': (d) =>
    `The held-out text ${fact(d, 'heldOut')} repeats the calibration text ${fact(d, 'calibration')}. Judging on it would flatter the result.`,
  'corpus-invalid': (d) => `${fact(d, 'path') || 'the text'} cannot be read as text (${toldText(d)}).`,
  'budget-invalid': (d) =>
    `That budget makes no sense${also(': ', toldText(d))}${d.contextLength === undefined ? '' : `; the model reads at most ${fact(d, 'contextLength')} tokens (--context ${fact(d, 'contextLength')})`}.`,
  'budget-too-small': smallWords,
  'method-unknown': (d) => `There is no method ${fact(d, 'method')}. Known: ${fact(d, 'known')}.`,
  'method-not-applicable': (d) =>
    d.formats === undefined
      ? `The method ${fact(d, 'method')} cannot be used ${d.format === undefined ? 'on this model' : `for ${fact(d, 'format')}`}${also(': ', toldText(d))}.${useWords(d)}`
      : `What the method ${fact(d, 'method')} makes does not fit into ${fact(d, 'format')}. It writes ${fact(d, 'formats')} (--format).`,
  'planning-stopped': (d) =>
    d.reason === 'memory'
      ? 'Working this out took more memory than Whittle gives it; a file of the model may be damaged.'
      : `Working this out took longer than ${fact(d, 'seconds')} s and was given up; a file of the model may be damaged, or its disk is very slow.`,
  'disk-full': (d) =>
    `Not enough room for ${fact(d, 'path') || 'the file'}: ${bytes(d, 'needed')} needed${typeof d.freeBytes === 'number' ? `, ${bytes(d, 'freeBytes')} free` : ''}.`,
  'output-not-writable': (d) => `${fact(d, 'path') || 'the file'} cannot be written: ${toldText(d)}.`,
  'output-exists': (d) =>
    d.reason !== undefined
      ? `${fact(d, 'path')} is in the way: ${toldText(d)}. Move it, or name another place with --out.`
      : `${fact(d, 'path') || 'the file'} exists already. Name another file with --out, or replace it with --force.`,
  'output-changed': (d) =>
    `${fact(d, 'path') || 'the file'} was changed by another program while it was written: ${toldText(d)}. Start the run again.`,
  'gguf-invalid': (d) =>
    `${fact(d, 'path') || 'the GGUF file'} cannot be read: ${toldText(d) || `${fact(d, 'key')} ${fact(d, 'problem')}`}.`,
  'verification-failed': (d) =>
    d.by === 'llama.cpp'
      ? `llama.cpp does not accept ${fact(d, 'path')}: ${toldText(d)}.`
      : `${fact(d, 'path') || 'The file'} does not pass Whittle's check: ${toldText(d) || 'it is damaged'}.`,
  'device-unavailable': (d) => `The device ${fact(d, 'device')} cannot be used: ${toldText(d) || 'it does not answer'}.`,
  'out-of-memory': (d) => `Out of memory${also(' on ', fact(d, 'device'))}${also(': ', toldText(d))}.`,
  'engine-crashed': crashWords,
  'run-not-found': (d) => `There is no run ${fact(d, 'runId')}.`,
  'run-busy': (d) =>
    `${d.runId === undefined ? 'Another run' : `The run ${fact(d, 'runId')}`} is at work${also(' in process ', fact(d, 'pid'))}${also(' on ', fact(d, 'path'))}.`,
  'run-not-resumable': (d) => `That run cannot go on${also(': it is ', fact(d, 'state'))}${also(': ', toldText(d))}.`,
  'run-damaged': (d) =>
    `What is kept of the run ${fact(d, 'runId')} is damaged (${fact(d, 'part')}). It can only be deleted; the file it wrote stays.`,
  'history-unreadable': (d) =>
    `The history ${fact(d, 'path')} ${d.why === 'newer' ? 'was made by a newer Whittle: update this one, or go on' : 'is damaged. Go on'} with ` +
    `--fresh-history: it is kept as ${fact(d, 'aside')}, and an empty one begins. Models and what runs wrote stay where they are.`,
  'work-folder-not-writable': (d) =>
    `The work folder ${fact(d, 'path')} cannot be used: ${toldText(d) || 'it refuses writing'}. Choose another with --work.`,
  'request-invalid': requestWords,
  'app-closing': () => 'Whittle is closing.',
  'bundle-invalid': (d) => `That bundle of runs cannot be read${also(': ', bundleWords(d))}.`,
  'settings-invalid': (d) => `These settings cannot be kept${also(': ', fact(d, 'path'))}${also(': ', toldText(d))}.`,
  'export-failed': (d) => `The export stopped${also(' at ', fact(d, 'path'))}${also(': ', toldText(d))}.`,
  'answer-unavailable': (d) => `The two models cannot be asked${also(': ', toldText(d))}.`,
}

/** The format that would do. */
function useWords(d: Details): string {
  const use = d.reason === 'family-folder' ? 'gguf' : fact(d, 'use')
  return use === '' ? '' : ` Use --format ${use}.`
}

function smallWords(d: Details): string {
  const limit = bitsWords(d) ?? shareWords(d) ?? programWords(d)
  if (limit !== null) return limit
  const smallest = `The smallest possible file has ${bytes(d, 'smallestBytes')}`
  if (typeof d.memory !== 'object' || d.memory === null)
    return `The budget of ${bytes(d, 'budgetBytes')} is too small. ${smallest} (--size ${fact(d, 'smallestBytes')}).`
  const memory = d.memory as Details
  const parts = `${bytes(memory, 'kvCacheBytes')} for the memory of ${fact(memory, 'contextTokens')} tokens, ${bytes(memory, 'computeBytes')} for computing and ${bytes(memory, 'reserveBytes')} kept free`
  return `A card of ${bytes(memory, 'vramBytes')} is too small: beside ${parts}, it holds a file of ${bytes(d, 'budgetBytes')}. ${smallest}; the smallest card for it has ${bytes(d, 'smallestCardBytes')} (--vram ${fact(d, 'smallestCardBytes')}).`
}

/** A limit on the mean bits of the experts' weights; null when it was none. */
function bitsWords(d: Details): string | null {
  if (typeof d.averageBits !== 'number' || typeof d.smallestAverageBits !== 'number') return null
  const smallest = Math.ceil(d.smallestAverageBits * 100 - 1e-9) / 100
  return `${d.averageBits} bits per expert weight are too few. The fewest are ${smallest} (--bits ${smallest})${also('; ', toldText(d))}${also(' (--format ', fact(d, 'use'))}${d.use === undefined ? '' : ')'}.`
}

/** A limit on the expert parameters that stay; null when it was none. */
function shareWords(d: Details): string | null {
  if (typeof d.keptShare !== 'number' || typeof d.smallestShare !== 'number') return null
  const most = Math.floor((1 - d.smallestShare) * 1000) / 10
  if (most <= 0) return `With these settings, the method can remove none of the expert parameters. Choose another method or other settings.`
  return `${percentText(1 - d.keptShare)} of the expert parameters are too many to remove. The most that can go is ${most} % (--remove ${most}).`
}

/** What the solver of an integer program says, in the program's own units; null when it was not the solver. */
function programWords(d: Details): string | null {
  if (typeof d.capacity !== 'number' || typeof d.smallest !== 'number') return null
  return `The budget is too small: even the smallest choice for every part takes ${percentText(d.smallest / Math.max(d.capacity, 1e-9) - 1)} more.`
}

function crashWords(d: Details): string {
  const where = d.lastLayer === null || d.lastLayer === undefined ? '' : ` at layer ${fact(d, 'lastLayer')}`
  const memory = `It had used up to ${bytes(d, 'peakMemoryBytes')} of this machine's ${bytes(d, 'totalMemoryBytes')}.`
  if (d.signal === 'SIGKILL') return `The engine was killed${where}, most likely because memory ran out. ${memory}`
  const how = fact(d, 'signal') || also('exit code ', fact(d, 'exitCode'))
  return `The engine ended unexpectedly${where}${also(' (', how)}${how === '' ? '' : ')'}. ${memory}${also('\n', fact(d, 'output'))}`
}

function bundleWords(d: Details): string {
  const { problem } = d
  return typeof problem === 'object' && problem !== null ? `${fact(d, 'at')}: ${toldText({ ...problem })}` : toldText(d)
}

function requestWords(d: Details): string {
  const problems = Array.isArray(d.problems) ? (d.problems as Details[]) : []
  if (problems.length === 0) return `That cannot be done: ${toldText(d) || 'the request is not valid'}.`
  return problems.map((problem) => `${fact(problem, 'path') === '' ? '' : `${fact(problem, 'path')}: `}${toldText(problem)}`).join('\n')
}

/** Failures that are not the user's to mend. */
const OURS: ReadonlySet<string> = new Set(['internal', 'engine-crashed', 'verification-failed'])

/** The sentence for an error; a bug speaks for itself. */
export function errorText({ code, message, details }: ErrorShape): string {
  if (code === 'cancelled') return 'Cancelled.'
  if (!Object.hasOwn(CLI_WORDS, code)) return `Something went wrong inside Whittle: ${message}`
  return CLI_WORDS[code as ErrorCode](details).replace(/^(the|a) /, (word) => word[0]?.toUpperCase() + word.slice(1))
}

/** 2 for the user's mistakes, 1 for ours, 130 for an interrupt. */
export function exitCodeOf(code: string): number {
  if (code === 'cancelled') return 130
  return OURS.has(code) ? 1 : 2
}
