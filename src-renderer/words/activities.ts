import type { RunState, Stage } from '../../src-main/contract/run.ts'

/** The five verbs as titles, and what each one does, in one sentence. */
export const STAGE_WORDS: Readonly<Record<Stage, { title: string; sentence: string }>> = {
  open: { title: 'Open', sentence: 'Read and check the model folder.' },
  calibrate: { title: 'Calibrate', sentence: 'Run text through the model to see which parts matter.' },
  plan: { title: 'Plan', sentence: 'Decide how finely to store every part, within the budget.' },
  compress: { title: 'Compress', sentence: 'Write the smaller file, one layer at a time.' },
  report: { title: 'Report', sentence: 'Measure what was won and what was lost.' },
}

const ACTIVITIES: Readonly<Record<string, string>> = {
  calibrate: 'reading text through the model',
  attention: 'running attention',
  experts: 'running the experts',
  encode: 'encoding weights',
  measure: 'measuring how much each part matters',
  evaluate: 'comparing with the original on held-out text',
  verify: 'asking llama.cpp to open the file',
}

/** What the engine is doing now, in words. */
export function activityWords(activity: string): string {
  return ACTIVITIES[activity] ?? activity
}

/** A run's state as a badge. */
export const STATE_WORDS: Readonly<Record<RunState, { word: string; tone: 'neutral' | 'accent' | 'good' | 'warn' | 'bad' }>> = {
  preparing: { word: 'Preparing', tone: 'accent' },
  planned: { word: 'Plan ready', tone: 'neutral' },
  running: { word: 'Running', tone: 'accent' },
  paused: { word: 'Paused', tone: 'warn' },
  done: { word: 'Done', tone: 'good' },
  cancelled: { word: 'Cancelled', tone: 'warn' },
  failed: { word: 'Failed', tone: 'bad' },
  interrupted: { word: 'Interrupted', tone: 'warn' },
}
