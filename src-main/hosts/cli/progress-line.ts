import type { Stage } from '../../contract/run.ts'
import { printable } from './printable.ts'
import { durationText, percentText, sizeText } from './numbers.ts'

/** How far a job is; times and memory where they are known. */
export interface ProgressStep {
  readonly stage: Stage
  readonly activity: string
  readonly done: number
  readonly total: number
  readonly layer: number | null
  readonly layers: number
  readonly elapsedSeconds?: number
  readonly etaSeconds?: number | null
  readonly memoryBytes?: number
}

/** One step of learning: relative error of a projection, 0..1. */
export interface LearnedStep {
  readonly role: string
  readonly step: number
  readonly error: number
}

/** Where progress is shown: one moving line on a terminal, plain lines elsewhere. */
export interface ProgressLine {
  show(step: ProgressStep): void
  /** How far a projection is learned; said with the next step that is shown. */
  learning(learned: LearnedStep): void
  /** A line that stays, above the moving one. */
  say(text: string): void
  /** Takes the moving line away. */
  end(): void
}

/** What of standard error is used here. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const BAR = 24
/** Without a terminal: one line per this share of the job. */
const LINE_EVERY = 0.1

export function createProgressLine(screen: Screen): ProgressLine {
  return screen.isTTY === true ? movingLine(screen) : plainLines(screen)
}

function movingLine(screen: Screen): ProgressLine {
  let shown = false
  let learned: LearnedStep | null = null
  const clear = (): void => {
    if (shown) screen.write('\r\u001b[2K')
    shown = false
  }
  return {
    show(step) {
      const share = step.total > 0 ? Math.min(step.done / step.total, 1) : 0
      const filled = Math.round(share * BAR)
      const line = `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${describe(step, share, learned)}`
      clear()
      screen.write(line.slice(0, Math.max((screen.columns ?? 80) - 1, 20)))
      shown = true
    },
    learning(now) {
      learned = now
    },
    say(text) {
      clear()
      screen.write(`${printable(text)}\n`)
    },
    end: clear,
  }
}

function plainLines(screen: Screen): ProgressLine {
  let last = { stage: '', activity: '', share: -1 }
  let learned: LearnedStep | null = null
  return {
    show(step) {
      const share = step.total > 0 ? Math.min(step.done / step.total, 1) : 0
      const isNew = step.stage !== last.stage || step.activity !== last.activity
      if (!isNew && share - last.share < LINE_EVERY) return
      last = { stage: step.stage, activity: step.activity, share }
      screen.write(`${describe(step, share, learned)}\n`)
    },
    learning(now) {
      learned = now
    },
    say(text) {
      screen.write(`${printable(text)}\n`)
    },
    end() {},
  }
}

function describe(step: ProgressStep, share: number, learned: LearnedStep | null): string {
  const parts = [`${percentText(share)}`, `${step.stage}: ${step.activity}`]
  if (step.layer !== null) parts.push(`layer ${step.layer + 1} of ${step.layers}`)
  if (learned !== null && step.stage === 'compress')
    parts.push(`${learned.role} ${percentText(learned.error)} off after ${learned.step} steps`)
  if (step.elapsedSeconds !== undefined) parts.push(durationText(step.elapsedSeconds))
  if (step.etaSeconds !== undefined && step.etaSeconds !== null && step.etaSeconds > 0) parts.push(`${durationText(step.etaSeconds)} left`)
  if (step.memoryBytes !== undefined && step.memoryBytes > 0) parts.push(sizeText(step.memoryBytes))
  return printable(parts.join(' · '))
}
