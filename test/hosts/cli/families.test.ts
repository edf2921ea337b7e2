/** A dense model and one with latent attention go the whole way: opened, calibrated, planned, compressed, reported, checked by llama.cpp. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { FAMILY_CONFIGS, writeFamilyCheckpoint } from '../../fixtures/family-checkpoint.ts'
import { words } from '../../pipeline/job-example.ts'

const MAIN = fileURLToPath(new URL('../../../src-main/hosts/cli/main.ts', import.meta.url))
let root: string

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'whittle-families-'))
  for (const [name, config] of Object.entries(FAMILY_CONFIGS)) await writeFamilyCheckpoint(join(root, name), config)
  writeFileSync(join(root, 'learn.txt'), words(1, 900))
  writeFileSync(join(root, 'judge.txt'), words(2, 900))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function whittle(...line: readonly string[]): { code: number | null; text: string; json: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...line], { encoding: 'utf8', maxBuffer: 1 << 26 })
  return { code: status, text: stdout + stderr, json: stdout }
}

const compress = (model: string, method: string, format: string): readonly string[] => [
  ...['compress', join(root, model), '--method', method, '--format', format, '--bits', '3.5'],
  ...['--corpus', join(root, 'learn.txt'), '--heldout', join(root, 'judge.txt')],
  ...['--calibration-tokens', '2048', '--heldout-tokens', '512', '--window-tokens', '128'],
  ...['--out', join(root, `${model}.gguf`), '--work', join(root, 'work')],
]

/** What of a finished run is looked at. */
const Done = z.object({
  plan: z.object({ bitsPerWeight: z.number() }),
  quality: z.object({ klDivergence: z.object({ mean: z.number() }) }),
  verification: z.object({ agrees: z.boolean() }),
})

describe.each(['dense', 'latent'] as const)('%s', (model) => {
  test('is opened in words', () => {
    const { code, text } = whittle('open', join(root, model))
    expect(code).toBe(0)
    expect(text).toContain(
      model === 'dense' ? '3, without experts (a dense model)' : '2 x 8 experts, 2 per token and the shared one; 1 dense',
    )
  })

  test('is compressed to 3.5 bits, and llama.cpp agrees', () => {
    const { code, json } = whittle(...compress(model, 'measured-bits', 'gguf'), '--json')
    expect(code).toBe(0)
    const { plan, quality, verification } = Done.parse(JSON.parse(json))
    expect(plan.bitsPerWeight).toBeLessThanOrEqual(3.5)
    expect(plan.bitsPerWeight).toBeGreaterThan(3.4)
    expect(quality.klDivergence.mean).toBeLessThan(0.3)
    expect(verification.agrees).toBe(true)
  }, 300_000)

  test('methods that are about experts say why they do not suit', () => {
    const { code, text } = whittle(...compress(model, 'mc', 'gguf'))
    expect(code).not.toBe(0)
    expect(text).toContain(model === 'dense' ? 'the model has no experts' : 'some layers of the model have no experts')
  })

  test('folders that transformers would not load are not written', () => {
    const { code, text } = whittle(...compress(model, 'gptq', 'safetensors-gptq'))
    expect(code).not.toBe(0)
    expect(text).toContain('this one goes to GGUF. Use --format gguf.')
  })
})
