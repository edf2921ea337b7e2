import { writeQwen3MoeConfig } from '../fixtures/qwen3-moe-config.ts'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { qwen3Moe } from '../../src-main/architectures/families/qwen3-moe.ts'
import { exportConfig, gptqProblem, stockConfig } from '../../src-main/forms/export-config.ts'
import { exportReadme } from '../../src-main/forms/export-readme.ts'
import { TINY_SHAPE } from '../fixtures/tiny-checkpoint.ts'
import { formOf, gptqForm, sampleForms } from './sample-forms.ts'

const original = { ...writeQwen3MoeConfig(TINY_SHAPE), torch_dtype: 'bfloat16' }
const model = { architecture: qwen3Moe, shape: TINY_SHAPE }
const form = gptqForm(TINY_SHAPE)

test('a folder of our own names its modeling file and carries its form', () => {
  const config = exportConfig(original, form, 'safetensors', model)
  expect(config).toMatchObject({
    model_type: 'whittle_qwen3_moe',
    architectures: ['WhittleQwen3MoeForCausalLM'],
    whittle: form,
    torch_dtype: 'bfloat16',
    auto_map: { AutoConfig: 'modeling_whittle.WhittleQwen3MoeConfig', AutoModelForCausalLM: 'modeling_whittle.WhittleQwen3MoeForCausalLM' },
  })
  expect(stockConfig(config)).toEqual({ ...original, architectures: ['WhittleQwen3MoeForCausalLM'] })
})

test('a dense rebuild keeps the config but for the type', () => {
  expect(exportConfig(original, form, 'safetensors-dense', model)).toEqual(original)
  expect(exportConfig(original, form, 'safetensors-dense', model, 'float16')).toEqual({ ...original, torch_dtype: 'float16' })
  expect(exportConfig({ dtype: 'float32' }, form, 'safetensors-dense', model, 'float16')).toEqual({ dtype: 'float16' })
  expect(stockConfig(original)).toBeNull()
})

/** What GPTQModel makes of `dynamic`: the first pattern that matches decides. */
function bitsOf(config: Record<string, unknown>, module: string): number | false {
  const { bits, dynamic } = config['quantization_config'] as { bits: number; dynamic: Record<string, { bits?: number }> } // as exportConfig writes it
  const found = Object.entries(dynamic).find(([pattern]) => new RegExp(pattern.slice(2)).test(module))
  if (found === undefined) return bits
  return found[0].startsWith('-:') ? false : (found[1].bits ?? bits)
}

test('every module of the GPTQ layout is told its own width', () => {
  const config = exportConfig(original, form, 'safetensors-gptq', model)
  expect(config).toMatchObject({
    model_type: 'qwen3_moe',
    whittle: form,
    quantization_config: { quant_method: 'gptq', bits: 4, group_size: 32, desc_act: false, sym: false, checkpoint_format: 'gptq_v2' },
  })
  expect(bitsOf(config, 'model.layers.0.self_attn.q_proj')).toBe(false)
  expect(bitsOf(config, 'model.layers.1.self_attn.q_proj')).toBe(8)
  const names = { expertGate: 'gate_proj', expertUp: 'up_proj', expertDown: 'down_proj' } as const
  form.layers.forEach((layer, index) => {
    for (const [role, name] of Object.entries(names)) {
      const projection = layer[role as keyof typeof names] // a key of names
      if (projection?.kind !== 'packed') throw new Error('the sample is packed')
      projection.bits.forEach((bits, expert) => {
        expect(bitsOf(config, `model.layers.${index}.mlp.experts.${expert}.${name}`)).toBe(bits)
      })
    }
  })
})

describe('what GPTQModel could not load is refused', () => {
  const layer = (name: string) => sampleForms(TINY_SHAPE).find(([each]) => each === name)?.[1] ?? form
  test.each([
    ['a bit', layer('experts of 1, 2, 3 and 4 bits, attention of 8'), 'matrices of 1 bit'],
    ['5 bits', layer('experts of 5, 6 and 8 bits'), 'matrices of 5 bits'],
    ['factors', layer('mixed bases under silu'), 'factored'],
    ['groups of 24', formOf(TINY_SHAPE, { query: { kind: 'packed', groupSize: 24, bits: [4] } }), 'groups of 24'],
    ['nothing', layer('nothing'), 'nothing is packed'],
    ['pruning', { ...form, pruning: { keep: [1, 0.9], protectedShare: 0 } }, 'skipped at run time'],
  ])('%s', (_, refused, words) => {
    expect(gptqProblem(refused)).toContain(words)
    expect(() => exportConfig(original, refused, 'safetensors-gptq', model)).toThrow(words)
  })

  test('and what it loads is not', () => {
    expect(gptqProblem(form)).toBeNull()
  })
})

describe('README', () => {
  const facts = {
    name: 'Small',
    original: 'Large',
    license: 'apache-2.0',
    format: 'safetensors',
    bytes: 2.5e9,
    originalBytes: 9e9,
    done: ['one', 'two'],
  } as const
  test('says what was done and how to load it', () => {
    const text = exportReadme(
      '# {{name}}\n{{original}} {{size}} {{originalSize}}\n{{done}}\n{{loading}}\n{{license}} {{licenseNote}}',
      facts,
    )
    expect(text).toContain('# Small\nLarge 2.50 GB 9.00 GB\n- one\n- two\n')
    expect(text).toContain('trust_remote_code=True')
    expect(text).toContain('Large is under apache-2.0')
    expect(exportReadme('{{loading}}', { ...facts, format: 'safetensors-dense' })).not.toContain('trust_remote_code')
    expect(exportReadme('{{license}} {{licenseNote}}', { ...facts, license: null })).toContain('other Large states no license')
  })

  test('the shipped template is filled whole, and nothing unknown is', async () => {
    const template = await readFile(path.join(import.meta.dirname, '../../resources/modeling/README.template.md'), 'utf8')
    for (const format of ['safetensors', 'safetensors-gptq', 'safetensors-dense'] as const)
      expect(exportReadme(template, { ...facts, format })).not.toContain('{{')
    expect(() => exportReadme('{{nothing}}', facts)).toThrow(RangeError)
  })
})
