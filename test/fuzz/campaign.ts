import { keepInput } from './input.ts'
import type { Input } from './input.ts'
import type { Execution } from './messages.ts'
import { shrink } from './shrink.ts'
import { Unavailable } from './target.ts'
import type { Verdict } from './target.ts'
import { LIMITS, WatchedChild, type Limits } from './watched-child.ts'

/** One target's turn. */
export interface Campaign {
  readonly target: string
  /** The target's own file. */
  readonly file: string
  readonly seed: number
  /** Number of the first execution. */
  readonly from: number
  /** Ends after so many executions, or so long with its start, whatever comes first. */
  readonly count: number
  readonly milliseconds: number
  readonly limits?: Limits
  /** Where failing inputs are kept. */
  readonly inputs: string
}

/** An input that failed. */
export interface Failure {
  readonly by: string
  readonly message: string
  readonly index: number
  readonly path: string
  readonly times: number
}

/** What came of a target's turn. */
export interface Tally {
  readonly target: string
  readonly executions: number
  readonly accepted: number
  readonly refused: number
  readonly failures: readonly Failure[]
  readonly slowestMilliseconds: number
  readonly peakMegabytes: number
  /** Why nothing was executed, where this machine lacks what the target needs. */
  readonly unavailable: string | null
}

type Failed = Extract<Verdict, { kind: 'failed' }>

/** Different failures after which a target's turn ends: it is broken, not nearly right. */
const MOST_FAILURES = 5

/** Time to look for a smaller input that fails. */
const SHRINK_MILLISECONDS = 20_000

/** A slow answer may be a busy machine's: it counts when it is slow again, with this many times the time. */
const PATIENCE = 3

/** Executes a target's inputs one after the other until time or count is over. */
export async function fuzzTarget(campaign: Campaign): Promise<Tally> {
  const child = new WatchedChild(campaign.file, campaign.limits)
  const begun = performance.now()
  try {
    await child.start()
    // Half of the time is its own however long the start took.
    const left = Math.max(campaign.milliseconds / 2, campaign.milliseconds - (performance.now() - begun))
    return await executeAll(child, { ...campaign, milliseconds: left })
  } catch (error) {
    if (error instanceof Unavailable) return { ...emptyTally(campaign.target), unavailable: error.message }
    throw error
  } finally {
    await child.stop()
  }
}

function emptyTally(target: string): Tally {
  return { target, executions: 0, accepted: 0, refused: 0, failures: [], slowestMilliseconds: 0, peakMegabytes: 0, unavailable: null }
}

async function executeAll(child: WatchedChild, campaign: Campaign): Promise<Tally> {
  const { target, seed, from, count } = campaign
  const failures = new Map<string, Failure>()
  const tally = { ...emptyTally(target) }
  let deadline = performance.now() + campaign.milliseconds
  for (let index = from; index < from + count && performance.now() < deadline && failures.size < MOST_FAILURES; index++) {
    const execution = await child.run({ seed, index })
    countIn(tally, execution)
    if (execution.verdict.kind !== 'failed') continue
    const looked = performance.now()
    await look(child, campaign, index, execution.verdict, failures)
    deadline += performance.now() - looked
  }
  return { ...tally, failures: [...failures.values()] }
}

type Counts = { -readonly [K in keyof Tally]: Tally[K] }

function countIn(tally: Counts, { verdict, milliseconds, peakMegabytes }: Execution): void {
  tally.executions++
  if (verdict.kind !== 'failed') tally[verdict.kind]++
  tally.slowestMilliseconds = Math.max(tally.slowestMilliseconds, milliseconds)
  tally.peakMegabytes = Math.max(tally.peakMegabytes, peakMegabytes)
}

/** Keeps the smallest input found for a failure not seen before. */
async function look(child: WatchedChild, campaign: Campaign, index: number, failed: Failed, failures: Map<string, Failure>): Promise<void> {
  const { target, file, seed, inputs, limits } = campaign
  const known = failures.get(signatureOf(failed))
  if (known !== undefined) {
    failures.set(signatureOf(failed), { ...known, times: known.times + 1 })
    return
  }
  const input = await child.make({ seed, index })
  if ((failed.by === 'hang' || failed.by === 'memory') && !(await failsAlone(file, input, limits))) return
  const smallest = await shrink(
    input,
    async (candidate) => {
      const { verdict } = await child.run({ input: candidate })
      return verdict.kind === 'failed' && signatureOf(verdict) === signatureOf(failed)
    },
    SHRINK_MILLISECONDS,
  )
  const path = keepInput(
    target,
    { name: `seed-${seed}-${index}.json`, failure: `${failed.by}: ${firstLine(failed.message)}`, input: smallest },
    inputs,
  )
  failures.set(signatureOf(failed), { by: failed.by, message: failed.message, index, path, times: 1 })
}

async function failsAlone(file: string, input: Input, limits: Limits = LIMITS): Promise<boolean> {
  const alone = new WatchedChild(file, { ...limits, milliseconds: PATIENCE * limits.milliseconds })
  try {
    return (await alone.run({ input })).verdict.kind === 'failed'
  } finally {
    await alone.stop()
  }
}

/** What failures of one cause have in common: their kind, and their name and the line of our code, or their words where there is none. */
function signatureOf({ by, message }: Failed): string {
  const place = /\/src-main\/([^\s:)]+:\d+)/.exec(message)?.[1]
  const words = firstLine(message)
    .replaceAll(/"[^"]*"|'[^']*'|\d+/g, '#')
    .slice(0, 120)
  return `${by} ${place === undefined ? words : `${words.split(':', 1)[0]} ${place}`}`
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? ''
}
