import * as z from 'zod'
import type { RopeScaling } from './architecture.ts'
import { invalid, unsupported, type ConfigReader } from './config-reader.ts'

const positive = z.number().positive().refine(Number.isFinite)

/** What config.json says of rotary positions. */
export interface RopeConfig {
  readonly base: number
  /** Share of a head that turns. */
  readonly share: number
  readonly scaling: RopeScaling | null
  readonly sections: readonly number[] | null
}

const Parameters = z.strictObject({
  rope_theta: positive.optional(),
  partial_rotary_factor: positive.max(1).optional(),
  rope_type: z.enum(['default', 'linear', 'llama3', 'yarn', 'mrope']).optional(),
  type: z.enum(['default', 'linear', 'llama3', 'yarn', 'mrope']).optional(),
  factor: positive.optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: positive.optional(),
  beta_fast: positive.optional(),
  beta_slow: positive.optional(),
  mscale: z.number().min(0).optional(),
  mscale_all_dim: z.number().min(0).optional(),
  attention_factor: positive.optional(),
  truncate: z.literal(true).optional(),
  mrope_section: z.array(z.int().min(0)).length(3).optional(),
  mrope_interleaved: z.boolean().optional(),
})
type Parameters = z.infer<typeof Parameters>

/**
 * Rotary positions in either dialect: `rope_theta`, `rope_scaling` and `partial_rotary_factor` of transformers 4, `rope_parameters` of 5.
 * Throws ExpectedError 'config-invalid' or 'config-key-unsupported'.
 * @param usual what the family has where the config is silent; no base: it must say
 */
export function readRope(
  config: ConfigReader,
  contextLength: number,
  usual: { readonly base?: number; readonly share?: number } = {},
): RopeConfig {
  const { key, value } = ropeRecord(config)
  const parameters = value === undefined ? {} : parse(key, value)
  const theta = config.take('rope_theta').value
  if (theta !== undefined && parameters.rope_theta !== undefined && parameters.rope_theta !== theta)
    throw invalid('rope_theta', { reason: 'differs', other: `${key}.rope_theta` })
  const base = positive.safeParse(theta ?? parameters.rope_theta ?? usual.base)
  if (!base.success) throw invalid('rope_theta', { reason: (theta ?? parameters.rope_theta) === undefined ? 'absent' : 'not-positive' })
  const share = config.take('partial_rotary_factor').value ?? parameters.partial_rotary_factor ?? usual.share ?? 1
  if (typeof share !== 'number' || !(share > 0 && share <= 1)) throw invalid('partial_rotary_factor', { reason: 'no-share' })
  return { base: base.data, share, scaling: scalingOf(parameters, contextLength, key, value), sections: sectionsOf(parameters) }
}

/**
 * Positions told by kind of layer: those with a window turn without stretching, by the same base. Gives the others' in their place. Throws
 * ExpectedError 'config-key-unsupported' for any other difference.
 */
export function unfoldRopeByKind(config: ConfigReader): void {
  const { value } = config.take('rope_parameters')
  const kinds = z.strictObject({ full_attention: Parameters, sliding_attention: Parameters }).safeParse(value)
  if (!kinds.success) {
    if (value !== undefined) config.put('rope_parameters', value)
    return
  }
  const { full_attention: full, sliding_attention: sliding } = kinds.data
  if (sliding.rope_theta !== full.rope_theta || (sliding.rope_type ?? 'default') !== 'default') throw unsupported('rope_parameters', value)
  config.put('rope_parameters', full)
}

/** The record of either dialect; both at once, saying different things, are refused. */
function ropeRecord(config: ConfigReader): { key: string; value: unknown } {
  const old = config.take('rope_scaling')
  const own = config.take('rope_parameters')
  if (old.value === undefined || own.value === undefined) return old.value === undefined ? own : old
  const [before, now] = [parse('rope_scaling', old.value), parse('rope_parameters', own.value)]
  const differs = (Object.keys(before) as (keyof Parameters)[]).some(
    (name) => name !== 'type' && now[name] !== undefined && before[name] !== now[name],
  )
  if (differs) throw invalid('rope_parameters', { reason: 'differs', other: 'rope_scaling' })
  return own
}

function parse(key: string, value: unknown): Parameters {
  const parsed = Parameters.safeParse(value)
  if (!parsed.success) throw unsupported(key, value)
  return parsed.data
}

/** llama.cpp takes four sections; text turns all alike. */
function sectionsOf({ mrope_section: sections }: Parameters): readonly number[] | null {
  return sections === undefined ? null : [...sections, 0]
}

function scalingOf(given: Parameters, contextLength: number, key: string, value: unknown): RopeScaling | null {
  const kind = given.rope_type ?? given.type ?? 'default'
  if (given.type !== undefined && given.rope_type !== undefined && given.type !== given.rope_type) throw unsupported(key, value)
  const { factor, original_max_position_embeddings: original } = given
  if (kind === 'default' || kind === 'mrope') return null
  if (factor === undefined) throw invalid(`${key}.factor`, { reason: 'absent' })
  if (kind === 'linear') return { kind, factor }
  if (kind === 'yarn') return yarn(given, factor, original ?? contextLength)
  const { low_freq_factor: low, high_freq_factor: high } = given
  if (low === undefined || high === undefined || original === undefined || high <= low) throw unsupported(key, value)
  return { kind, factor, low, high, original }
}

/** YaRN: how much cosines and sines grow is told, or follows from the factor (arXiv 2309.00071, section 3.4). */
function yarn(given: Parameters, factor: number, original: number): RopeScaling {
  const growth = (strength: number): number => (factor <= 1 ? 1 : 1 + 0.1 * strength * Math.log(factor))
  const { mscale = 0, mscale_all_dim: allDimensions = 0 } = given
  const told = mscale > 0 && allDimensions > 0 ? growth(mscale) / growth(allDimensions) : growth(1)
  return {
    kind: 'yarn',
    factor,
    original,
    fast: given.beta_fast ?? 32,
    slow: given.beta_slow ?? 1,
    attention: given.attention_factor ?? told,
    allDimensions,
  }
}
