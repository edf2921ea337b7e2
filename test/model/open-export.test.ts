import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ModelForm } from '../../src-main/contract/form.ts'
import { rebuildProjection } from '../../src-main/forms/projection.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { openExport } from '../../src-main/model/open-export.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import type { LazyTensor } from '../../src-main/tensor/tensor.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { gptqForm, sampleForms } from '../forms/sample-forms.ts'
import { writeExport } from '../forms/write-export.ts'

async function exported(form: ModelForm, format: 'safetensors' | 'safetensors-gptq' = 'safetensors') {
  const folder = await temporaryFolder()
  const { folder: checkpoint } = await writeTinyCheckpoint(path.join(folder, 'checkpoint'))
  const out = path.join(folder, 'out')
  return { checkpoint, out, projections: await writeExport(checkpoint, out, form, format) }
}

function allTensors(model: MoeModel): Map<string, LazyTensor> {
  const tensors = [
    model.embedding,
    model.outputNorm,
    model.output,
    ...model.layers.flatMap(({ tensors: once, experts }) => [
      ...Object.values(once),
      ...experts.flatMap((expert): LazyTensor[] => Object.values(expert)),
    ]),
  ]
  return new Map(tensors.map((tensor) => [tensor.name, tensor]))
}

describe.each([...sampleForms(TINY_SHAPE), ['the GPTQ layout', gptqForm(TINY_SHAPE)] as const])('%s', (name, form) => {
  test('formed matrices are those of the values written, plain ones those of the checkpoint', async () => {
    const { checkpoint, out, projections } = await exported(form, name === 'the GPTQ layout' ? 'safetensors-gptq' : 'safetensors')
    const [model, { model: original }] = [await openExport(out), await openCheckpoint(checkpoint)]
    try {
      expect(model.shape).toEqual(original.shape)
      const [tensors, plain] = [allTensors(model), allTensors(original)]
      expect([...tensors.keys()].sort()).toEqual([...plain.keys()].sort())
      for (const { form: of, values, places } of projections) {
        for (const [i, dense] of (await rebuildProjection(of, values, places)).entries()) {
          const tensor = tensors.get(places[i]?.name ?? '')
          expect(await tensor?.read()).toEqual(dense)
          expect(tensor?.form).toBe(of.kind)
          plain.delete(places[i]?.name ?? '')
        }
      }
      for (const [plainName, tensor] of plain) expect(await tensors.get(plainName)?.read()).toEqual(await tensor.read())
    } finally {
      await model.close()
      await original.close()
    }
  })
})

test("the pruning of the form is the model's; a folder without a form opens as a checkpoint", async () => {
  const [, form] = sampleForms(TINY_SHAPE)[1] ?? ['', gptqForm(TINY_SHAPE)]
  const pruning = { keep: [1, 0.8], protectedShare: 0.02 }
  const { out, checkpoint } = await exported({ ...form, pruning })
  const [model, plain] = [await openExport(out), await openExport(checkpoint)]
  expect(model.pruning).toEqual(pruning)
  expect(plain.pruning ?? null).toBeNull()
  await model.close()
  await plain.close()
})

describe('a folder that does not hold what its form says', () => {
  const [, form] = sampleForms(TINY_SHAPE)[3] ?? ['', gptqForm(TINY_SHAPE)]

  async function changed(change: (config: Record<string, unknown> & { whittle: ModelForm }) => void): Promise<string> {
    const { out } = await exported(form)
    const file = path.join(out, 'config.json')
    const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown> & { whittle: ModelForm } // as exportConfig writes it
    change(config)
    await writeFile(file, JSON.stringify(config))
    return out
  }

  test.each([
    ['no form', (whittle: ModelForm) => ({ ...whittle, version: 2 }), 'config-invalid', { key: 'whittle.version' }],
    [
      'another number of layers',
      (whittle: ModelForm) => ({ ...whittle, layers: whittle.layers.slice(1) }),
      'config-invalid',
      { key: 'whittle.layers' },
    ],
    [
      'pruning of other layers',
      (whittle: ModelForm) => ({ ...whittle, pruning: { keep: [1], protectedShare: 0 } }),
      'config-invalid',
      { key: 'whittle.pruning.keep' },
    ],
    ['a layer said to be plain', (whittle: ModelForm) => ({ ...whittle, layers: whittle.layers.map(() => ({})) }), 'tensor-missing', {}],
    [
      'another rank',
      (whittle: ModelForm) => ({
        ...whittle,
        layers: JSON.parse(JSON.stringify(whittle.layers).replaceAll('16,16,16', '8,8,8')) as ModelForm['layers'],
      }),
      'tensor-shape',
      { tensor: 'model.layers.1.mlp.gate_factors.basis.0' },
    ],
    [
      'fewer bases',
      (whittle: ModelForm) => ({
        ...whittle,
        layers: JSON.parse(JSON.stringify(whittle.layers).replaceAll('12,12', '12')) as ModelForm['layers'],
      }),
      'tensor-shape',
      { tensor: 'model.layers.1.mlp.up_factors.mix' },
    ],
  ] as const)('%s', async (_, change, code, details) => {
    const out = await changed((config) => {
      config.whittle = change(config.whittle) as ModelForm
    })
    await expectFailure(() => openExport(out), code, details)
  })

  test('tensors nobody asked for', async () => {
    const dense = sampleForms(TINY_SHAPE)[0]?.[1] ?? form
    const { checkpoint, out } = await exported(dense)
    const index = path.join(out, 'model.safetensors.index.json')
    await writeExport(checkpoint, `${out}2`, form)
    const renamed = await readFile(path.join(`${out}2`, 'config.json'), 'utf8')
    await writeFile(path.join(`${out}2`, 'config.json'), renamed.replace('"tie_word_embeddings": false', '"tie_word_embeddings": true'))
    await expectFailure(() => openExport(`${out}2`), 'tensor-unexpected', { tensor: 'lm_head.weight' })
    expect(await readFile(index, 'utf8')).toContain('lm_head.weight')
  })

  test('an architecture nobody knows', async () => {
    const out = await changed((config) => {
      config['model_type'] = 'whittle_gpt2'
    })
    await expectFailure(() => openExport(out), 'architecture-unknown')
  })
})
