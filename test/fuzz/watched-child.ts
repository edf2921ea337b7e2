import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Input } from './input.ts'
import type { Answer, Execution, Given, Question } from './messages.ts'
import { Unavailable } from './target.ts'
import type { Verdict } from './target.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

/** What an execution may take. */
export interface Limits {
  readonly milliseconds: number
  readonly megabytes: number
}

/** No reader has to be slower or larger than this, on inputs of this size. */
export const LIMITS: Limits = { milliseconds: 5000, megabytes: 1500 }

/** Getting ready may be slow on a busy machine. */
const READY_MILLISECONDS = 120_000

/** How much of what a child prints is kept to tell why it ended. */
const KEPT_OUTPUT = 4000

/**
 * A target in a child process that may crash, hang or take all memory: each of these is the verdict of the execution at work, and the next
 * one gets a fresh child. Ends with `stop`.
 */
export class WatchedChild {
  readonly #file: string
  readonly #limits: Limits
  readonly #folder = mkdtempSync(join(tmpdir(), 'whittle-fuzz-'))
  #child: ChildProcess | null = null
  #started = 0
  #output = ''

  /** @param file the target's own, which exports `openTarget` */
  constructor(file: string, limits: Limits = LIMITS) {
    this.#file = file
    this.#limits = limits
  }

  /** Starts the child where none is running. @throws Unavailable where this machine lacks what the target needs */
  async start(): Promise<void> {
    if (this.#child !== null) return
    const folder = join(this.#folder, String(this.#started++))
    mkdirSync(folder)
    this.#output = ''
    const execArgv = ['--no-warnings', `--max-old-space-size=${this.#limits.megabytes}`]
    const child = fork(CHILD, [this.#file, folder], { execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'advanced' })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT)
      })
    }
    this.#child = child
    const said = await this.#hear(child, READY_MILLISECONDS)
    if (said.kind === 'ready') return
    await this.#end()
    if (said.kind === 'unavailable') throw new Unavailable(said.reason)
    throw new Error(`the target did not get ready: ${said.kind === 'failed' ? said.message : said.kind}`)
  }

  /** One execution. */
  async run(given: Given): Promise<Execution> {
    const started = performance.now()
    const said = await this.#ask({ kind: 'run', given })
    const milliseconds = performance.now() - started
    if (said.kind === 'failed') return { verdict: said, milliseconds, peakMegabytes: 0 }
    if (said.kind !== 'ran') throw new Error(`the child answered ${said.kind}`)
    const isSpoilt = said.verdict.kind === 'failed' && said.verdict.by === 'pollution'
    const isLarge = said.peakMegabytes > this.#limits.megabytes // what a process once took it does not give back
    if (isSpoilt || isLarge) await this.#end()
    if (!isLarge) return said
    const message = `took ${Math.round(said.peakMegabytes)} MB of ${this.#limits.megabytes}`
    return { ...said, verdict: { kind: 'failed', by: 'memory', message } }
  }

  /** The input of an execution, not run. */
  async make(given: Given): Promise<Input> {
    const said = await this.#ask({ kind: 'make', given })
    if (said.kind !== 'made') throw new Error(`no input could be made: ${said.kind === 'failed' ? said.message : said.kind}`)
    return said.input
  }

  /** Ends the child and removes its folders. */
  async stop(): Promise<void> {
    await this.#end()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 })
  }

  async #ask(question: Question): Promise<Answer | Extract<Verdict, { kind: 'failed' }>> {
    await this.start()
    const child = this.#child
    if (child === null) throw new Error('no child is running')
    child.send(question, () => {}) // one that is gone is heard of by its exit
    const said = await this.#hear(child, this.#limits.milliseconds)
    if (said.kind === 'failed') await this.#end()
    return said
  }

  /** The child's next answer, or how it failed to give one. */
  #hear(child: ChildProcess, milliseconds: number): Promise<Answer | Extract<Verdict, { kind: 'failed' }>> {
    return new Promise((resolve) => {
      const settle = (said: Answer | Extract<Verdict, { kind: 'failed' }>): void => {
        clearTimeout(timer)
        child.off('message', settle)
        child.off('close', closed)
        resolve(said)
      }
      const closed = (code: number | null, signal: string | null): void => {
        const by = /heap out of memory|allocation failed/i.test(this.#output) ? 'memory' : 'crash'
        settle({ kind: 'failed', by, message: `ended with ${signal ?? `exit code ${code}`}: ${this.#output.trim()}` })
      }
      const timer = setTimeout(() => settle({ kind: 'failed', by: 'hang', message: `no answer within ${milliseconds} ms` }), milliseconds)
      child.on('message', settle)
      child.on('close', closed)
    })
  }

  async #end(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const over = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await over
  }
}
