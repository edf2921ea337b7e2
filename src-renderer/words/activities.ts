import { STAGES, type RunState, type Stage } from '../../src-main/contract/run.ts'
import { t } from '../locales/i18n.ts'

interface StageWords {
  readonly title: string
  readonly sentence: string
}

const stageWords = (stage: Stage): StageWords => ({
  get title() {
    return t(`words.stage-${stage}-title`)
  },
  get sentence() {
    return t(`words.stage-${stage}-sentence`)
  },
})

/** The five verbs as titles, and what each one does, in one sentence. */
// an entry for each stage
export const STAGE_WORDS = Object.fromEntries(STAGES.map((stage) => [stage, stageWords(stage)])) as Readonly<Record<Stage, StageWords>>

const ACTIVITIES = ['calibrate', 'attention', 'experts', 'encode', 'measure', 'evaluate', 'verify'] as const

/** What the engine is doing now, in words; an activity of another version keeps its name. */
export function activityWords(activity: string): string {
  const known = ACTIVITIES.find((each) => each === activity)
  return known ? t(`words.activity-${known}`) : activity
}

type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'bad'

const stateWords = (state: RunState, tone: Tone): { readonly word: string; readonly tone: Tone } => ({
  get word() {
    return t(`words.state-${state}`)
  },
  tone,
})

/** A run's state as a badge. */
export const STATE_WORDS: Readonly<Record<RunState, { readonly word: string; readonly tone: Tone }>> = {
  preparing: stateWords('preparing', 'accent'),
  planned: stateWords('planned', 'neutral'),
  running: stateWords('running', 'accent'),
  paused: stateWords('paused', 'warn'),
  done: stateWords('done', 'good'),
  cancelled: stateWords('cancelled', 'warn'),
  failed: stateWords('failed', 'bad'),
  interrupted: stateWords('interrupted', 'warn'),
}
