import type { RunDetail } from '../../src-main/contract/run.ts'

/** A model read from the disk at every word is worth a warning above this. */
const LARGE_BYTES = 4e9

/** What the original costs at each word: the bytes it reads, and the seconds where this machine's reading was measured. */
export interface AnswerCost {
  readonly bytes: number
  readonly seconds: number | null
  readonly large: boolean
}

/** From the parameters at work for a word, the original's own width, and how fast the check before the run could read. */
export function answerCost({ model, check, report }: Pick<RunDetail, 'model' | 'check' | 'report'>): AnswerCost | null {
  if (!model) return null
  const bytes = model.bytes * (model.parameters.active / model.parameters.total)
  const read = check?.trial?.steps.find(({ id }) => id === 'read')
  const seconds = read && read.seconds > 0 && read.bytes > 0 ? bytes / (read.bytes / read.seconds) : null
  return { bytes, seconds, large: (report?.original.bytes ?? model.bytes) > LARGE_BYTES }
}
