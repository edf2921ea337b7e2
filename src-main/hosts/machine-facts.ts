import { availableParallelism, cpus, freemem, totalmem } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { GraphicsCard, MachineInfo } from '../contract/machine.ts'

/** One thing the system was asked, and its answer or why there is none. */
export type MachinePart =
  | { id: 'processor'; value: string }
  | { id: 'cards'; value: GraphicsCard[] }
  | { id: 'battery'; value: boolean | null }
  | { id: 'processor' | 'cards' | 'battery'; problem: string }

/** Asks the system; settles when everything is told or nothing more will be. `stop` ends the asking. */
export type AskSystem = (tell: (part: MachinePart) => void) => { readonly done: Promise<void>; stop(): void }

/** A part that takes longer is left out. */
const PATIENCE_MS = 6000

/** Free memory of cards and the battery change: older answers are asked for again. */
const FRESH_MS = 5000

/** What this computer is made of. Nothing is asked before the first call, and several calls at once ask together. */
export function createMachineFacts(
  log: (text: string) => void,
  ask: AskSystem = askThread,
  patienceMs = PATIENCE_MS,
): () => Promise<MachineInfo> {
  let answered: { at: number; info: Promise<Parts> } | null = null
  return async () => {
    if (answered === null || performance.now() - answered.at > FRESH_MS)
      answered = { at: performance.now(), info: gather(log, ask, patienceMs) }
    const { processor, cards, onBattery } = await answered.info
    return {
      processor,
      cards: cards.map((card) => ({ ...card })),
      onBattery,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      freeMemoryBytes: freemem(),
    }
  }
}

type Parts = Pick<MachineInfo, 'processor' | 'cards' | 'onBattery'>

/** What was told in time; for the rest what node knows, or nothing. */
async function gather(log: (text: string) => void, ask: AskSystem, patienceMs: number): Promise<Parts> {
  const parts: Parts = { processor: cpus()[0]?.model.trim() ?? '', cards: [], onBattery: null }
  const open = new Set<MachinePart['id']>(['processor', 'cards', 'battery'])
  const asked = ask((part) => {
    if (!open.delete(part.id)) return
    if ('problem' in part) log(`machine: ${part.id}: ${part.problem}`)
    else if (part.id === 'cards') parts.cards = part.value
    else if (part.id === 'battery') parts.onBattery = part.value
    else if (part.value !== '') parts.processor = part.value
  })
  const timer = new AbortController()
  await Promise.race([asked.done, late(patienceMs, timer.signal)])
  timer.abort()
  asked.stop()
  for (const id of open) log(`machine: ${id}: no answer`)
  return { ...parts }
}

function late(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}

const askThread: AskSystem = (tell) => {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./machine-worker.${extension}`, import.meta.url))
  worker.unref()
  worker.on('message', tell)
  const done = new Promise<void>((resolve) => {
    worker.on('exit', () => resolve())
    worker.on('error', (error) => {
      for (const id of ['processor', 'cards', 'battery'] as const) tell({ id, problem: String(error) })
      resolve()
    })
  })
  return {
    done,
    stop: () => {
      void worker.terminate()
    },
  }
}
