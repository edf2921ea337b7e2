import type { RunState, RunSummary } from '../../src-main/contract/run.ts'

/** Kinds of state people look for. */
export const STATE_GROUPS = ['all', 'done', 'stopped', 'planned', 'working'] as const
export type StateGroup = (typeof STATE_GROUPS)[number]

/** What somebody looks for in the history. */
export interface Wanted {
  readonly text: string
  readonly state: StateGroup
  readonly starred: boolean
  readonly tag: string | null
}

export const EVERYTHING: Wanted = { text: '', state: 'all', starred: false, tag: null }

const GROUP_OF: Readonly<Record<RunState, StateGroup>> = {
  preparing: 'working',
  running: 'working',
  planned: 'planned',
  done: 'done',
  paused: 'stopped',
  cancelled: 'stopped',
  failed: 'stopped',
  interrupted: 'stopped',
}

/** The runs that answer to all that is wanted. `wordsOf`: everything on screen about a run that may be searched, beside its own texts. */
export function findRuns(runs: readonly RunSummary[], wanted: Wanted, wordsOf: (run: RunSummary) => string): RunSummary[] {
  const parts = wanted.text
    .toLocaleLowerCase()
    .split(/\s+/)
    .filter((part) => part !== '')
  return runs.filter((run) => {
    if (wanted.state !== 'all' && GROUP_OF[run.state] !== wanted.state) return false
    if (wanted.starred && !run.starred) return false
    if (wanted.tag !== null && !run.tags.includes(wanted.tag)) return false
    if (parts.length === 0) return true
    const text = [run.modelName, run.method, run.note, run.outPath ?? '', ...run.tags, wordsOf(run)].join('\n').toLocaleLowerCase()
    return parts.every((part) => text.includes(part))
  })
}

/** Runs of one model, in the order given. */
export interface ModelGroup {
  readonly model: string
  readonly runs: readonly RunSummary[]
}

/** Models in the order of their first run. */
export function groupByModel(runs: readonly RunSummary[]): ModelGroup[] {
  const groups = new Map<string, RunSummary[]>()
  for (const run of runs) {
    const group = groups.get(run.modelName)
    if (group) group.push(run)
    else groups.set(run.modelName, [run])
  }
  return [...groups].map(([model, group]) => ({ model, runs: group }))
}

/** The first `count` runs of all groups together; groups left without any go. */
export function firstOfGroups(groups: readonly ModelGroup[], count: number): ModelGroup[] {
  let left = count
  return groups.flatMap((group) => {
    const runs = group.runs.slice(0, Math.max(0, left))
    left -= runs.length
    return runs.length > 0 ? [{ ...group, runs }] : []
  })
}

/** Every tag in use, most used first. */
export function tagsOf(runs: readonly RunSummary[]): string[] {
  const counts = new Map<string, number>()
  for (const tag of runs.flatMap((run) => run.tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([tag]) => tag)
}

/** Tags as typed, parted by commas: each once, within what the store takes. */
export function parseTags(text: string): string[] {
  return [
    ...new Set(
      text
        .split(',')
        .map((tag) => tag.trim().slice(0, 40))
        .filter((tag) => tag !== ''),
    ),
  ].slice(0, 20)
}
