import { setImmediate } from 'node:timers/promises'
import { ExpectedError } from '../../src-main/contract/errors.ts'
import type { Chance } from './chance.ts'
import type { Input } from './input.ts'

/** One reader under test. */
export interface Target {
  /** A sound input, changed here and there. */
  make(chance: Chance): Input
  /**
   * Gives an input to the reader. Ends when it is accepted and what must be true of the accepted is; throws the reader's own error when it
   * is not. An error without a code is a failure.
   */
  run(input: Input): Promise<void> | void
  close?(): Promise<void> | void
}

/**
 * What a target's file exports as `openTarget`: gets ready in a folder of its own. Throws {@link Unavailable} where this machine lacks what
 * it needs.
 */
export type OpenTarget = (folder: string) => Promise<Target> | Target

/** This machine lacks what the target needs. */
export class Unavailable extends Error {}

/** A refusal by design that is no ExpectedError, because only the caller's own mistake can bring it about. */
export class Refused extends Error {}

/** How one execution ended. */
export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly code: string }
  /** 'error': one without a code, or something accepted that must not be. 'pollution': every object has more than before. */
  | { readonly kind: 'failed'; readonly by: 'error' | 'pollution' | 'crash' | 'hang' | 'memory'; readonly message: string }

/** Says what is wrong with what a reader accepted. */
export function mustHold(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(`accepted: ${otherwise}`)
}

/** Runs one input; a failure is an answer, too. */
export async function judge(target: Target, input: Input): Promise<Verdict> {
  const verdict = await verdictOf(target, input)
  // What a promise nobody waits for was rejected with ends the process by now, not in the middle of the next execution.
  await setImmediate()
  return prototypesAreClean() ? verdict : { kind: 'failed', by: 'pollution', message: 'what every object has was changed' }
}

async function verdictOf(target: Target, input: Input): Promise<Verdict> {
  try {
    await target.run(input)
    return { kind: 'accepted' }
  } catch (error) {
    if (error instanceof ExpectedError) return { kind: 'refused', code: error.code }
    if (error instanceof Refused) return { kind: 'refused', code: error.message }
    return { kind: 'failed', by: 'error', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Function.prototype]
const before = PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).length)

function prototypesAreClean(): boolean {
  return PROTOTYPES.every((prototype, i) => Reflect.ownKeys(prototype).length === before[i])
}
