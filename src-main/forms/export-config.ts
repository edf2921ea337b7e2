import type { Architecture, ModelShape } from '../architectures/architecture.ts'
import { isExpertRole, layerName } from '../architectures/parts.ts'
import type { LayerForm, ModelForm, PackedForm } from '../contract/form.ts'

/** The safetensors folders an export may be; the same names as the formats a recipe may ask for. */
export type ExportFormat = 'safetensors' | 'safetensors-gptq' | 'safetensors-dense'

/** Name of the modeling file that lies in exported folders. */
export const MODELING_FILE = 'modeling_whittle.py'

/** What is put before `model_type`, so that transformers takes the folder's own code and not its class for the original. */
const TYPE_PREFIX = 'whittle_'

/** Widths and group sizes that GPTQModel 7 loads in the plain GPTQ layout (5 and 6 bits have a layout of their own there). */
const GPTQ_BITS: readonly number[] = [2, 3, 4, 8]
const GPTQ_GROUPS: readonly number[] = [16, 32, 64, 128, 256, 512, 1024]

type Config = Readonly<Record<string, unknown>>
interface Outline {
  readonly architecture: Architecture
  readonly shape: ModelShape
}

/**
 * The config.json of an exported folder, made from the original's:
 * 'safetensors' names the folder's own modeling file and carries the form under `whittle`;
 * 'safetensors-gptq' stays the stock class with a `quantization_config`, and carries the form for reading it back;
 * 'safetensors-dense' is the original's. `dtype` (e.g. 'float16') is what plain tensors are stored as, when not as in the original.
 * Throws RangeError with `gptqProblem`'s words for a form GPTQModel could not load.
 */
export function exportConfig(
  original: Config,
  form: ModelForm,
  format: ExportFormat,
  model: Outline,
  dtype?: string,
): Record<string, unknown> {
  const config = { ...original, ...storedType(original, dtype) }
  switch (format) {
    case 'safetensors-dense':
      return config
    case 'safetensors':
      return { ...config, ...customClass(model.architecture.id), whittle: form }
    case 'safetensors-gptq': {
      const problem = gptqProblem(form)
      if (problem !== null) throw new RangeError(problem)
      return { ...config, quantization_config: quantizationConfig(form, model), whittle: form }
    }
  }
}

/** The original's config.json keys of an exported one, for the architecture to read; null when it is none of Whittle's own. */
export function stockConfig(config: Config): Record<string, unknown> | null {
  if (!Object.hasOwn(config, 'whittle')) return null
  const { whittle: _form, auto_map: _map, quantization_config: _quantization, ...rest } = config
  const type = rest['model_type']
  return { ...rest, model_type: typeof type === 'string' && type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : type }
}

/**
 * Why a form has no GPTQ layout that GPTQModel loads, or null: only packed matrices of its widths and groups, and no pruning at run time.
 */
export function gptqProblem(form: ModelForm): string | null {
  if (form.pruning !== null) return 'experts skipped at run time need the modeling file'
  const forms = form.layers.flatMap((layer) => Object.values(layer))
  const packed = forms.filter((projection): projection is PackedForm => projection?.kind === 'packed')
  if (packed.length < forms.length) return 'factored matrices need the modeling file'
  if (packed.length === 0) return 'nothing is packed'
  const width = packed.flatMap(({ bits }) => bits).find((bits) => !GPTQ_BITS.includes(bits))
  if (width !== undefined) return `GPTQModel does not load matrices of ${width} ${width === 1 ? 'bit' : 'bits'}`
  const group = packed.find(({ groupSize }) => !GPTQ_GROUPS.includes(groupSize))
  return group === undefined ? null : `GPTQModel does not load groups of ${group.groupSize}`
}

function storedType(original: Config, dtype: string | undefined): Record<string, string> {
  if (dtype === undefined) return {}
  return Object.hasOwn(original, 'dtype')
    ? { dtype, ...(Object.hasOwn(original, 'torch_dtype') ? { torch_dtype: dtype } : {}) }
    : { torch_dtype: dtype }
}

function customClass(architecture: string): Record<string, unknown> {
  const name = architecture
    .split('_')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('')
  const module = MODELING_FILE.replace(/\.py$/, '')
  return {
    model_type: `${TYPE_PREFIX}${architecture}`,
    architectures: [`Whittle${name}ForCausalLM`],
    auto_map: { AutoConfig: `${module}.Whittle${name}Config`, AutoModelForCausalLM: `${module}.Whittle${name}ForCausalLM` },
  }
}

/**
 * As GPTQModel writes it: the commonest width and group as the base, others in `dynamic` by patterns of module names ('+:' overrides, '-:'
 * is not quantized). Zero points are stored as they are, which is checkpoint format 'gptq_v2'; the older 'gptq' stores them less 1 and
 * cannot tell 0.
 */
function quantizationConfig(form: ModelForm, model: Outline): Record<string, unknown> {
  const base = commonest(form)
  const [bits = 4, groupSize = 128] = base.split(' ').map(Number)
  const dynamic = Object.fromEntries(form.layers.flatMap((layer, index) => overrides(layer, index, base, model)))
  return {
    quant_method: 'gptq',
    bits,
    group_size: groupSize,
    desc_act: false,
    sym: false,
    lm_head: false,
    checkpoint_format: 'gptq_v2',
    format: 'gptq_v2',
    pack_dtype: 'int32',
    dynamic,
  }
}

function commonest(form: ModelForm): string {
  const counts = new Map<string, number>()
  for (const layer of form.layers) {
    for (const projection of Object.values(layer)) {
      if (projection?.kind !== 'packed') continue
      for (const bits of projection.bits)
        counts.set(`${bits} ${projection.groupSize}`, (counts.get(`${bits} ${projection.groupSize}`) ?? 0) + 1)
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? ''
}

/** Roles whose modules GPTQModel would take for quantized. */
const QUANTIZED_ROLES = [
  'query',
  'key',
  'value',
  'attentionOutput',
  'expertGate',
  'expertUp',
  'expertDown',
] as const satisfies readonly (keyof LayerForm)[]

function overrides(layer: LayerForm, index: number, base: string, { architecture }: Outline): [string, Record<string, number>][] {
  const patterns: [string, Record<string, number>][] = []
  for (const role of QUANTIZED_ROLES) {
    const template = layerName(architecture, 'checkpoint', role, index).replace(/\.weight$/, '')
    const projection = layer[role]
    if (projection?.kind !== 'packed') {
      patterns.push([`-:^${pattern(template, '[0-9]+')}$`, {}])
      continue
    }
    const experts = new Map<number, number[]>()
    projection.bits.forEach((bits, expert) => experts.set(bits, [...(experts.get(bits) ?? []), expert]))
    for (const [bits, numbers] of experts) {
      if (`${bits} ${projection.groupSize}` === base) continue
      const which = isExpertRole(role) ? `(?:${numbers.join('|')})` : ''
      patterns.push([`+:^${pattern(template, which)}$`, { bits, group_size: projection.groupSize }])
    }
  }
  return patterns
}

function pattern(template: string, expert: string): string {
  return template.replaceAll('.', '\\.').replace('{expert}', expert)
}
