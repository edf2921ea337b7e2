import { ExpectedError } from '../contract/errors.ts'
import type { GgufValue, ModelShape } from './architecture.ts'

const PREFIX = 'qwen3moe'

const u32 = (value: number): GgufValue => ({ type: 'u32', value })
const f32 = (value: number): GgufValue => ({ type: 'f32', value })

/**
 * The qwen3moe.* keys llama.cpp reads. Throws ExpectedError 'config-key-unsupported' when the chosen gates are not rescaled to sum 1:
 * llama.cpp always rescales them.
 */
export function writeQwen3MoeMetadata(shape: ModelShape): ReadonlyMap<string, GgufValue> {
  if (!shape.normalizeGates) throw new ExpectedError('config-key-unsupported', { key: 'norm_topk_prob', value: false, where: 'gguf' })
  return new Map([
    [`${PREFIX}.block_count`, u32(shape.layers)],
    [`${PREFIX}.context_length`, u32(shape.contextLength)],
    [`${PREFIX}.embedding_length`, u32(shape.hidden)],
    // There is no dense layer; llama.cpp's own relation between the two widths is kept.
    [`${PREFIX}.feed_forward_length`, u32(shape.expertWidth * shape.expertsPerToken)],
    [`${PREFIX}.attention.head_count`, u32(shape.heads)],
    [`${PREFIX}.attention.head_count_kv`, u32(shape.kvHeads)],
    [`${PREFIX}.attention.key_length`, u32(shape.headSize)],
    [`${PREFIX}.attention.value_length`, u32(shape.headSize)],
    [`${PREFIX}.attention.layer_norm_rms_epsilon`, f32(shape.normEpsilon)],
    [`${PREFIX}.rope.freq_base`, f32(shape.ropeBase)],
    [`${PREFIX}.expert_count`, u32(shape.experts)],
    [`${PREFIX}.expert_used_count`, u32(shape.expertsPerToken)],
    [`${PREFIX}.expert_feed_forward_length`, u32(shape.expertWidth)],
    [`${PREFIX}.vocab_size`, u32(shape.vocabulary)],
  ])
}

/** The shape a qwen3moe header tells. Throws ExpectedError 'gguf-invalid' {key, problem}. */
export function readQwen3MoeMetadata(metadata: ReadonlyMap<string, GgufValue>): ModelShape {
  const size = (key: string, largest: number) => wholeNumber(metadata, `${PREFIX}.${key}`, largest)
  const headSize = size('attention.key_length', 4096)
  if (size('attention.value_length', 4096) !== headSize) throw invalid(`${PREFIX}.attention.value_length`, 'differs from key_length')
  const shape = {
    layers: size('block_count', 512),
    hidden: size('embedding_length', 1 << 17),
    heads: size('attention.head_count', 4096),
    kvHeads: size('attention.head_count_kv', 4096),
    headSize,
    experts: size('expert_count', 1024),
    expertsPerToken: size('expert_used_count', 1024),
    expertWidth: size('expert_feed_forward_length', 1 << 20),
    vocabulary: vocabulary(metadata),
    contextLength: size('context_length', 2 ** 31 - 1),
    ropeBase: positive(metadata, `${PREFIX}.rope.freq_base`),
    normEpsilon: positive(metadata, `${PREFIX}.attention.layer_norm_rms_epsilon`),
    normalizeGates: true,
    tiedEmbeddings: true,
  }
  if (shape.expertsPerToken > shape.experts) throw invalid(`${PREFIX}.expert_used_count`, 'is more than expert_count')
  if (shape.heads % shape.kvHeads !== 0) throw invalid(`${PREFIX}.attention.head_count_kv`, 'does not divide head_count')
  return shape
}

/** The key Whittle writes, or the length of the token list where another program wrote the file. */
function vocabulary(metadata: ReadonlyMap<string, GgufValue>): number {
  const tokens = metadata.get('tokenizer.ggml.tokens')
  if (!metadata.has(`${PREFIX}.vocab_size`) && tokens?.type === 'array' && tokens.value.length > 0) return tokens.value.length
  return wholeNumber(metadata, `${PREFIX}.vocab_size`, 1 << 24)
}

function wholeNumber(metadata: ReadonlyMap<string, GgufValue>, key: string, largest: number): number {
  const found = metadata.get(key)
  if (found === undefined) throw invalid(key, 'is missing')
  const isWhole = (found.type === 'u32' || found.type === 'i32' || found.type === 'u64') && found.value >= 1 && found.value <= largest
  if (!isWhole) throw invalid(key, `is not a whole number from 1 to ${largest}`)
  return found.value
}

function positive(metadata: ReadonlyMap<string, GgufValue>, key: string): number {
  const found = metadata.get(key)
  if (found?.type !== 'f32' || !(found.value > 0) || !Number.isFinite(found.value)) throw invalid(key, 'is not a positive f32')
  return found.value
}

function invalid(key: string, problem: string): ExpectedError {
  return new ExpectedError('gguf-invalid', { key, problem })
}
