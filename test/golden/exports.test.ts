import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { qwen3Moe } from '../../src-main/architectures/families/qwen3-moe.ts'
import type { ModelForm } from '../../src-main/contract/form.ts'
import type { ExportFormat } from '../../src-main/forms/export-config.ts'
import { rebuildProjection } from '../../src-main/forms/projection.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import type { Forward } from '../../src-main/forward/forward.ts'
import { openExport } from '../../src-main/model/open-export.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { gptqForm, sampleForms } from '../forms/sample-forms.ts'
import { formedProjections, writeExport } from '../forms/write-export.ts'
import { allLogits } from '../forward/pass.ts'

const PYTHON = process.env['WHITTLE_PYTHON'] ?? 'python3'
const HAS_TRANSFORMERS = isThere('torch', 'transformers')
const HAS_GPTQMODEL = isThere('torch', 'gptqmodel')
if (!HAS_TRANSFORMERS)
  console.log(
    `exported folders are not checked against transformers: ${PYTHON} has no torch and transformers (name one that has in WHITTLE_PYTHON)`,
  )
if (!HAS_GPTQMODEL) console.log(`the GPTQ layout is not checked against GPTQModel: ${PYTHON} has no gptqmodel`)

/** Python takes half a minute to import these on an idle machine. */
const MINUTES = 20

function isThere(...modules: string[]): boolean {
  const script = 'import sys, importlib.util as u; sys.exit(0 if all(u.find_spec(m) for m in sys.argv[1:]) else 1)'
  return spawnSync(PYTHON, ['-c', script, ...modules]).status === 0
}

/** Three of four experts a token, so that pruning has something to choose from. */
const SHAPE = { ...TINY_SHAPE, expertsPerToken: 3 }
const TOLERANCE = 1e-3

interface Case {
  readonly name: string
  readonly form: ModelForm
  readonly format: ExportFormat
  readonly loads: string
}

function cases(): Case[] {
  const custom = sampleForms(SHAPE).map(([name, form]): Case => ({
    name,
    form,
    format: 'safetensors',
    loads: 'WhittleQwen3MoeForCausalLM',
  }))
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

interface Outcome {
  readonly folder: string
  readonly worst: number
  readonly scale: number
  readonly class: string
  readonly next: number[]
}

const LENGTH = 24

function windowsOf(): Int32Array[] {
  const random = seededRandom(3)
  return [0, 1].map(() => Int32Array.from({ length: LENGTH }, () => Math.floor(random() * SHAPE.vocabulary)))
}

/** Writes an export and our logits of it beside it. */
async function writeJob(checkpoint: string, out: string, { form, format }: Pick<Case, 'form' | 'format'>, forward: Forward) {
  await writeExport(checkpoint, out, form, format)
  const tokens = windowsOf()
  const model = await openExport(out)
  const logits = await allLogits(forward, model, tokens)
  await model.close()
  await writeFile(`${out}.f32`, bytesOf(logits))
  const { vocabulary } = SHAPE
  const next = tokens.map((_, window) =>
    argmax(logits.subarray((window * LENGTH + LENGTH - 5) * vocabulary, (window * LENGTH + LENGTH - 4) * vocabulary)),
  )
  return { job: { folder: out, tokens: tokens.map((window) => [...window]), logits: `${out}.f32` }, next }
}

function argmax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > (values[best] as number) ? i : best), 0)
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

async function runPython(folder: string, script: string, job: unknown): Promise<string[]> {
  const [cache, file] = [path.join(folder, 'hf'), path.join(folder, 'job.json')]
  await mkdir(cache)
  await writeFile(file, JSON.stringify(job))
  const env = {
    ...process.env,
    HF_HOME: cache,
    HF_MODULES_CACHE: path.join(cache, 'modules'),
    HF_HUB_OFFLINE: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  }
  const ran = spawnSync(PYTHON, [path.join(import.meta.dirname, 'exports', script), file], { env, encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (ran.status !== 0) throw new Error(`${script} failed: ${ran.stderr.slice(-4000)}`)
  return ran.stdout.trim().split('\n')
}

describe.skipIf(!HAS_TRANSFORMERS)('Hugging Face transformers loads what was exported', () => {
  const forward = openForward({ device: 'cpu', threads: 1 })
  afterAll(() => forward.close())

  test('gives our logits to 1e-3 and generates', { timeout: MINUTES * 60_000 }, async () => {
    const folder = await temporaryFolder()
    const all = [true, false].flatMap((normalizeGates) => cases().map((each) => ({ ...each, normalizeGates })))
    const jobs: Awaited<ReturnType<typeof writeJob>>[] = []
    for (const [i, each] of all.entries()) {
      const checkpoint = path.join(folder, `checkpoint-${each.normalizeGates}`)
      await writeTinyCheckpoint(checkpoint, { shape: { ...SHAPE, normalizeGates: each.normalizeGates } })
      jobs.push(await writeJob(checkpoint, path.join(folder, String(i)), each, forward))
    }
    const lines = await runPython(
      folder,
      'check.py',
      jobs.map(({ job }) => job),
    )
    for (const [i, { name, loads, format, form }] of all.entries()) {
      const outcome = JSON.parse(lines[i] ?? '{}') as Outcome // a line of check.py
      expect(outcome.class, name).toBe(loads)
      expect(outcome.worst, name).toBeLessThan(TOLERANCE)
      expect(outcome.scale, name).toBeGreaterThan(0.5)
      // Protection looks at a whole sequence, of which generation has seen a part: its tokens may differ.
      if (format !== 'safetensors' || (form.pruning?.protectedShare ?? 0) % 1 === 0) expect(outcome.next, name).toEqual(jobs[i]?.next)
    }
  })
})

describe.skipIf(!HAS_GPTQMODEL)('GPTQModel loads the GPTQ layout', () => {
  const forward = openForward({ device: 'cpu', threads: 1 })
  afterAll(() => forward.close())

  test('and decodes our matrices', { timeout: MINUTES * 60_000 }, async () => {
    const folder = await temporaryFolder()
    const [checkpoint, out] = [path.join(folder, 'checkpoint'), path.join(folder, 'out')]
    await writeTinyCheckpoint(checkpoint, { shape: SHAPE, dtype: 'F16', tokenizer: true })
    const form = gptqForm(SHAPE)
    const { job } = await writeJob(checkpoint, out, { form, format: 'safetensors-gptq' }, forward)
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) await copyFile(path.join(checkpoint, name), path.join(out, name))
    const matrices: Record<string, string> = {}
    for (const { form: of, values, places } of formedProjections({ architecture: qwen3Moe, shape: SHAPE }, form)) {
      for (const [i, matrix] of (await rebuildProjection(of, values, places)).entries()) {
        const module = (places[i]?.name ?? '').replace(/\.weight$/, '')
        matrices[module] = path.join(folder, `${module}.f32`)
        await writeFile(path.join(folder, `${module}.f32`), bytesOf(matrix))
      }
    }
    const lines = await runPython(folder, 'check-gptq.py', { ...job, matrices })
    const outcome = JSON.parse(lines.at(-1) ?? '{}') as { modules: number; worst: number; rms: number } // the last line of check-gptq.py
    expect(outcome.modules).toBe(Object.keys(matrices).length)
    expect(outcome.worst).toBeLessThan(TOLERANCE)
    expect(outcome.rms).toBeLessThan(0.05)
  })
})
