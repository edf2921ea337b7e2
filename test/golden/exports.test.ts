import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ModelForm } from '../../src-main/contract/form.ts'
import type { ExportFormat } from '../../src-main/forms/export-config.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { openExport } from '../../src-main/model/open-export.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { sampleForms } from '../forms/sample-forms.ts'
import { writeExport } from '../forms/write-export.ts'
import { allLogits } from '../forward/pass.ts'

const PYTHON = process.env['WHITTLE_PYTHON'] ?? 'python3'
const HAS_TRANSFORMERS = spawnSync(PYTHON, ['-c', 'import torch, transformers; assert hasattr(transformers, "Qwen3MoeForCausalLM")']).status === 0
if (!HAS_TRANSFORMERS) console.log(`exported folders are not checked against transformers: ${PYTHON} has no torch and transformers (name one that has in WHITTLE_PYTHON)`)

/** Three of four experts a token, so that pruning has something to choose from. */
const SHAPE = { ...TINY_SHAPE, expertsPerToken: 3 }
const TOLERANCE = 1e-3

interface Case { readonly name: string; readonly form: ModelForm; readonly format: ExportFormat; readonly loads: string }

function cases(): Case[] {
  const custom = sampleForms(SHAPE).map(([name, form]): Case => ({ name, form, format: 'safetensors', loads: 'WhittleQwen3MoeForCausalLM' }))
  const [plain, packed] = custom
  if (plain === undefined || packed === undefined) throw new Error('no sample forms')
  const pruned = (keep: number[], protectedShare: number): ModelForm => ({ ...packed.form, pruning: { keep, protectedShare } })
  return [
    ...custom,
    { ...packed, name: 'pruned', form: pruned([0.7, 0.8], 0) },
    { ...packed, name: 'pruned, a quarter of the tokens protected', form: pruned([0.6, 0.9], 0.25) },
    { ...packed, name: 'pruned, all tokens protected', form: pruned([0.6, 0.6], 1) },
    { ...plain, name: 'dense', format: 'safetensors-dense', loads: 'Qwen3MoeForCausalLM' },
  ]
}

interface Outcome { readonly folder: string; readonly worst: number; readonly scale: number; readonly class: string }

/** Writes all cases and our logits, lets Python load each and compare. */
async function compare(folder: string, all: readonly Case[], normalizeGates: boolean): Promise<Outcome[]> {
  const { folder: checkpoint } = await writeTinyCheckpoint(path.join(folder, 'checkpoint'), { shape: { ...SHAPE, normalizeGates } })
  const random = seededRandom(3)
  const tokens = [0, 1].map(() => Int32Array.from({ length: 24 }, () => Math.floor(random() * SHAPE.vocabulary)))
  const jobs: unknown[] = []
  const forward = openForward({ device: 'cpu', threads: 1 })
  try {
    for (const [i, { form, format }] of all.entries()) {
      const out = path.join(folder, String(i))
      await writeExport(checkpoint, out, form, format)
      const model = await openExport(out)
      const logits = await allLogits(forward, model, tokens)
      await model.close()
      await writeFile(path.join(folder, `${i}.f32`), new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength))
      jobs.push({ folder: out, tokens: tokens.map((window) => [...window]), logits: path.join(folder, `${i}.f32`) })
    }
  } finally {
    await forward.close()
  }
  await writeFile(path.join(folder, 'job.json'), JSON.stringify(jobs))
  return runPython(folder)
}

async function runPython(folder: string): Promise<Outcome[]> {
  const cache = path.join(folder, 'hf')
  await mkdir(cache)
  const env = { ...process.env, HF_HOME: cache, HF_MODULES_CACHE: path.join(cache, 'modules'), HF_HUB_OFFLINE: '1', PYTHONDONTWRITEBYTECODE: '1' }
  const ran = spawnSync(PYTHON, [path.join(import.meta.dirname, 'exports/check.py'), path.join(folder, 'job.json')], { env, encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`check.py failed: ${ran.stderr.slice(-4000)}`)
  return ran.stdout.trim().split('\n').map((line) => JSON.parse(line) as Outcome)
}

describe.skipIf(!HAS_TRANSFORMERS)('Hugging Face transformers loads what was exported and gives our logits', () => {
  test.each([true, false])('gates normalized: %s', async (normalizeGates) => {
    const all = cases()
    const outcomes = await compare(await temporaryFolder(), all, normalizeGates)
    const rows = all.map(({ name, loads }, i) => ({ name, loads, ...outcomes[i] }))
    for (const row of rows) {
      expect(row.class, row.name).toBe(row.loads)
      expect(row.worst, row.name).toBeLessThan(TOLERANCE)
      expect(row.scale, row.name).toBeGreaterThan(0.5)
    }
  })
})
