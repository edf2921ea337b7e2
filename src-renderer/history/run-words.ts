import type { MethodCard } from '../../src-main/contract/calls.ts'
import type { FormatName } from '../../src-main/contract/recipe.ts'
import type { RunSummary } from '../../src-main/contract/run.ts'
import { isActive } from '../stores/live-run.ts'
import { STAGE_WORDS, STATE_WORDS } from '../words/activities.ts'
import { FORMAT_WORDS } from '../words/formats.ts'
import { fileSize } from '../words/numbers.ts'
import { qualityBand, type QualityBand } from '../words/quality.ts'

type Methods = readonly MethodCard[]

/** What a run writes; null where a method of another version doesn't tell. */
export function formatOfRun(run: RunSummary, methods: Methods): FormatName | null {
  return run.format ?? methods.find((each) => each.id === run.method)?.formats[0] ?? null
}

/** What a method is called; one of another version keeps its id. */
export function methodTitle(run: Pick<RunSummary, 'method'>, methods: Methods): string {
  return methods.find((each) => each.id === run.method)?.title ?? run.method
}

/** Method and format: "Measured bits, GGUF file". */
export function howWords(run: RunSummary, methods: Methods): string {
  const format = formatOfRun(run, methods)
  const title = methodTitle(run, methods)
  return format ? `${title}, ${FORMAT_WORDS[format].title}` : title
}

/** Whether what a run writes is one file or a folder. */
export function thingOf(run: RunSummary, methods: Methods): 'file' | 'folder' {
  const guessed = run.outPath?.endsWith('.gguf') === false ? 'safetensors' : 'gguf'
  return FORMAT_WORDS[formatOfRun(run, methods) ?? guessed].thing
}

/** Size before and after, as far as known: "61.1 GB → 16.5 GB". */
export function sizeWords(run: RunSummary): string {
  const after = run.planBytes ?? run.budgetBytes
  if (run.originalBytes === null) return after === null ? '' : fileSize(after)
  return after === null ? fileSize(run.originalBytes) : `${fileSize(run.originalBytes)} → ${fileSize(after)}`
}

/** Whether work on this machine can go on with it. */
export function isResumable(run: RunSummary): boolean {
  return run.importedAt === null && ['failed', 'cancelled', 'interrupted', 'paused'].includes(run.state)
}

/** Whether it works or stopped somewhere on its way, so that its stage says something. */
export function isUnderWay(run: RunSummary): boolean {
  return isActive(run.state) || ['failed', 'cancelled', 'interrupted', 'paused'].includes(run.state)
}

/** Its state, and where it stands when it isn't at an end. */
export function stateWords(run: RunSummary): string {
  const { word } = STATE_WORDS[run.state]
  return isUnderWay(run) ? `${word}: ${STAGE_WORDS[run.stage].title}` : word
}

/** The verdict on a finished run; null before there is one. */
export function bandOf(run: RunSummary): QualityBand | null {
  return run.klDivergence === null ? null : qualityBand(run.klDivergence)
}
