import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Recipe } from '../../src-main/contract/recipe.ts'
import { continueGreedily } from '../../src-main/forward/continue.ts'
import type { Job, JobEvent, JobFolders } from '../../src-main/pipeline/job.ts'
import { openTools } from '../../src-main/pipeline/tools.ts'
import { openWritten } from '../../src-main/pipeline/written.ts'
import { continueWithLlama } from '../../src-main/report/llama-continue.ts'
import { createAnswerClock } from '../../src-main/pipeline/answer-clock.ts'
import { eventsOfJob, finishJob, ofKind, preparedBy, prepareJob } from './job-example.ts'
import type { Prepared } from './job-example.ts'

const RESOURCES = fileURLToPath(new URL('../../resources', import.meta.url))
const recipe = Recipe.parse({
  modelPath: join(RESOURCES, 'demo-model'),
  budget: { kind: 'percent', percent: 40 },
  calibrationTokens: 512,
  heldOutTokens: 512,
  windowTokens: 64,
  device: 'cpu',
  threads: 1,
})
const PROMPT = 'The history of the river'

function lastOf(events: readonly JobEvent[], side: 'original' | 'shrunk') {
  const said = ofKind(events, 'answer').filter((event) => event.side === side)
  const last = said.at(-1) ?? expect.fail(`${side} said nothing`)
  expect(last.done).toBe(true)
  expect(said.map(({ text }) => text).join('')).toBe(last.answer.text)
  return last.answer
}

describe('the demo model and its GGUF file', () => {
  const root = mkdtempSync(join(tmpdir(), 'whittle-answer-'))
  const folders: JobFolders = { calibrations: join(root, 'calibrations'), outputs: join(root, 'outputs'), resources: RESOURCES }
  let ready: Prepared
  const job = (changes: Partial<Extract<Job, { kind: 'answer' }>> = {}): Job => ({
    kind: 'answer',
    recipe,
    folders,
    file: ready.outPath,
    format: 'gguf',
    fingerprint: ready.plan.model ?? null,
    prompt: PROMPT,
    tokens: 12,
    ...changes,
  })
  beforeAll(async () => {
    for (const folder of [folders.calibrations, folders.outputs]) await mkdir(folder, { recursive: true })
    ready = preparedBy(await eventsOfJob(prepareJob({ root, model: recipe.modelPath, folders }, recipe)))
    await eventsOfJob(finishJob({ root, model: recipe.modelPath, folders }, recipe, ready))
    return () => rmSync(root, { recursive: true, force: true })
  })

  test('each side says what its own model finds most likely', async () => {
    const events = await eventsOfJob(job())
    const [original, shrunk] = [lastOf(events, 'original'), lastOf(events, 'shrunk')]
    const tools = await openTools({ recipe, folders })
    const written = await openWritten(ready.outPath, 'gguf', tools)
    try {
      const { tokenizer, model } = tools.source
      const ids = tokenizer.encode(PROMPT)
      const greedy = async (of: typeof model): Promise<number[]> => {
        const found: number[] = []
        for await (const id of continueGreedily(tools.forward, of, ids, { tokens: 12, ends: tokenizer.special.ends })) found.push(id)
        return found
      }
      const own = await greedy(model)
      expect(original).toMatchObject({ text: tokenizer.decode(own), tokens: own.length, cut: own.length === 12 })
      expect(original.secondsPerToken).toBeGreaterThan(0)
      const decoded = await greedy(written)
      const byLlama: number[] = []
      const missing = await continueWithLlama(ready.outPath, ids, {
        tokens: 12,
        ends: tokenizer.special.ends,
        threads: 1,
        signal: new AbortController().signal,
        onReady: () => undefined,
        onToken: (id) => {
          byLlama.push(id)
        },
      })
      expect(shrunk.text).toBe(tokenizer.decode(missing === null ? byLlama : decoded))
      // llama.cpp rounds activations: close calls may fall otherwise, but not the first few.
      if (missing === null) expect(byLlama.slice(0, 4)).toEqual(decoded.slice(0, 4))
    } finally {
      await written.close()
      await tools.close()
    }
  })

  test('a folder is answered for by our engine, and a prompt longer than the model reads is refused', async () => {
    const answers = await eventsOfJob(job({ file: recipe.modelPath, format: 'safetensors-dense', tokens: 4 }))
    // The folder is the original itself: both sides must say the same.
    expect(lastOf(answers, 'shrunk').text).toBe(lastOf(answers, 'original').text)
    await expect(eventsOfJob(job({ prompt: 'river and town '.repeat(3000) }))).rejects.toMatchObject({
      code: 'answer-unavailable',
      details: { reason: 'prompt-too-long', contextLength: 2048 },
    })
    await expect(eventsOfJob(job({ fingerprint: 'another' }))).rejects.toMatchObject({
      code: 'answer-unavailable',
      details: { reason: 'model-changed' },
    })
  })

  test('stops soon after it is told to', async () => {
    const abort = new AbortController()
    const begun = performance.now()
    const stopped = eventsOfJob(job({ tokens: 400 }), abort.signal, (event) => {
      if (event.kind === 'answer') abort.abort(new Error('enough'))
    })
    await expect(stopped).rejects.toThrow('enough')
    expect(performance.now() - begun).toBeLessThan(5_000)
  })
})

test('the time of a token is that of those after the first', () => {
  let now = 0
  const clock = createAnswerClock(() => now)
  expect(clock.measured()).toEqual({ tokens: 0, secondsPerToken: 0 })
  clock.start()
  for (const at of [5000, 6000, 8000]) {
    now = at
    clock.count()
    if (at === 5000) expect(clock.measured()).toEqual({ tokens: 1, secondsPerToken: 5 })
  }
  expect(clock.measured()).toEqual({ tokens: 3, secondsPerToken: 1.5 })
})
