import { resolve } from 'node:path'
import type { ParseArgsOptionsConfig } from 'node:util'
import type { MethodCard } from '../../contract/calls.ts'
import { ExpectedError } from '../../contract/errors.ts'
import { issueFacts } from '../../contract/issue-facts.ts'
import { reasonText } from '../../contract/reasons.ts'
import { Budget, Recipe } from '../../contract/recipe.ts'
import { isResourceName } from '../../contract/resource-name.ts'
import { STAGES } from '../../contract/run.ts'
import { parseFlags, usage } from '../flags.ts'
import { parseSize } from './numbers.ts'
import { methodFlags, readMethodFlags, toFlag, type FlagValue } from './method-flags.ts'

/** The five verbs, the demonstration, and what was done before. */
export const COMMANDS = [...STAGES, 'demo', 'history', 'delete'] as const
export type CliCommandName = (typeof COMMANDS)[number]

/** Flags every command understands; a method's settings come on top (see method-flags.ts). */
export const FLAGS = {
  model: { type: 'string' },
  pretokenizer: { type: 'string' },
  out: { type: 'string' },
  corpus: { type: 'string' },
  heldout: { type: 'string' },
  bits: { type: 'string' },
  size: { type: 'string' },
  percent: { type: 'string' },
  remove: { type: 'string' },
  vram: { type: 'string' },
  context: { type: 'string' },
  method: { type: 'string' },
  format: { type: 'string' },
  device: { type: 'string' },
  threads: { type: 'string' },
  seed: { type: 'string' },
  'calibration-tokens': { type: 'string' },
  'heldout-tokens': { type: 'string' },
  'window-tokens': { type: 'string' },
  work: { type: 'string' },
  'fresh-history': { type: 'boolean' },
  resume: { type: 'string' },
  force: { type: 'boolean' },
  'with-file': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig

/** A command line, understood but not yet acted on. */
export interface CommandLine {
  readonly command: CliCommandName | null
  /** What stands after the command without a flag: a folder, a file or a run. */
  readonly subject: string | null
  readonly flags: Readonly<Record<string, FlagValue>>
  readonly methods: readonly MethodCard[]
}

/** Reads a command line. @throws ExpectedError 'request-invalid' */
export function readCommandLine(words: readonly string[], methods: readonly MethodCard[]): CommandLine {
  const { values, positionals } = parseFlags({
    args: [...words],
    options: { ...methodFlags(methods), ...FLAGS },
    allowPositionals: true,
    allowNegative: true,
  })
  const [first, subject, ...more] = positionals
  const command = COMMANDS.find((name) => name === first) ?? null
  if (first !== undefined && command === null) throw usage('', `there is no command ${first}; there are ${COMMANDS.join(', ')}`)
  if (more.length > 0) throw usage('', `too many words: ${more.join(' ')}`)
  return { command, subject: subject ?? null, flags: values, methods }
}

/**
 * The recipe a command line asks for. `budget` stands in where no budget flag is given; null demands one.
 * @throws ExpectedError 'request-invalid' naming the flag
 */
export function recipeOf(line: CommandLine, modelPath: string, budget: Budget | null): Recipe {
  const path = (name: string): string | null => (text(line, name) === null ? null : wholePath(text(line, name) ?? ''))
  const out = text(line, 'out')
  const method = text(line, 'method') ?? undefined
  const raw = {
    modelPath: wholePath(modelPath),
    preTokenizer: preTokenizerOf(line),
    budget: budgetOf(line) ?? budget,
    method,
    format: text(line, 'format'),
    device: text(line, 'device') ?? undefined,
    parameters: readMethodFlags(line.methods, method, line.flags),
    corpusPath: path('corpus'),
    heldOutPath: path('heldout'),
    outPath: out === null ? null : resolve(out),
    overwrite: line.flags.force === true,
    calibrationTokens: number(line, 'calibration-tokens'),
    heldOutTokens: number(line, 'heldout-tokens'),
    windowTokens: number(line, 'window-tokens'),
    threads: number(line, 'threads'),
    seed: number(line, 'seed'),
  }
  if (raw.budget === null)
    throw usage('', 'say how small: --bits 4.5, --size 12GB, --percent 30, --remove 40, or --vram 12GB --context 16384')
  const parsed = Recipe.safeParse(raw)
  if (parsed.success) return parsed.data
  throw new ExpectedError('request-invalid', {
    problems: parsed.error.issues.map((issue) => ({
      path: issue.path.map((part) => toFlag(String(part))).join('.'),
      ...issueFacts(issue),
    })),
  })
}

/** A path from where it was typed; the names of what comes with Whittle lie nowhere. */
function wholePath(path: string): string {
  return isResourceName(path) ? path : resolve(path)
}

/** The model folder: --model, or the word after the command. @throws ExpectedError 'request-invalid' when neither is given */
export function modelOf(line: CommandLine): string {
  const model = text(line, 'model') ?? line.subject
  if (model === null) throw usage('--model', "name the model's folder")
  return model
}

/** The name chosen for a tokenizer that llama.cpp has none for: --pretokenizer; null when none is. */
export function preTokenizerOf(line: CommandLine): string | null {
  return text(line, 'pretokenizer')
}

/** The budget flags as a budget; null when there are none. */
function budgetOf(line: CommandLine): Budget | null {
  const given = ['bits', 'size', 'percent', 'remove', 'vram'].filter((name) => text(line, name) !== null)
  if (given.length > 1) throw usage(`--${given[1]}`, `cannot stand beside --${given[0]}: give one budget`)
  if (text(line, 'context') !== null && given[0] !== 'vram') throw usage('--context', 'belongs to --vram')
  switch (given[0]) {
    case 'bits':
      return checkBudget('--bits', { kind: 'bits', bitsPerWeight: number(line, 'bits') })
    case 'percent':
      return checkBudget('--percent', { kind: 'percent', percent: number(line, 'percent') })
    case 'remove':
      return checkBudget('--remove', { kind: 'remove', percent: number(line, 'remove') })
    case 'size':
      return checkBudget('--size', { kind: 'size', bytes: size(line, 'size') })
    case 'vram':
      return checkBudget('--vram', { kind: 'vram', vramBytes: size(line, 'vram'), contextTokens: number(line, 'context') ?? 4096 })
    default:
      return null
  }
}

function checkBudget(flag: string, raw: unknown): Budget {
  const parsed = Budget.safeParse(raw)
  if (parsed.success) return parsed.data
  throw usage(flag, parsed.error.issues.map((issue) => reasonText(issueFacts(issue))).join('; '))
}

function text(line: CommandLine, name: string): string | null {
  const value = line.flags[name]
  return typeof value === 'string' ? value : null
}

function number(line: CommandLine, name: string): number | undefined {
  const value = text(line, name)
  if (value === null) return undefined
  const parsed = Number(value)
  if (value.trim() === '' || !Number.isFinite(parsed)) throw usage(`--${name}`, `${value} is not a number`)
  return parsed
}

function size(line: CommandLine, name: string): number {
  const bytes = parseSize(text(line, name) ?? '')
  if (bytes === null) throw usage(`--${name}`, `${text(line, name)} is not a size; write 12GB, 7.3GB, 900MB or 12GiB`)
  return bytes
}
