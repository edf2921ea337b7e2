import { PLAIN_TRAITS } from '../../src-main/architectures/shape.ts'
import { describe, expect, test } from 'vitest'
import type { GgufValue } from '../../src-main/architectures/architecture.ts'
import { qwen3Moe } from '../../src-main/architectures/families/qwen3-moe.ts'
import { checkpointTensors, ggufTensors } from '../../src-main/architectures/tensor-list.ts'
import { expectFailure } from '../fixtures/expected-error.ts'

/** config.json of Qwen3-30B-A3B, as published. */
const PUBLISHED = {
  architectures: ['Qwen3MoeForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 151643,
  decoder_sparse_step: 1,
  eos_token_id: 151645,
  head_dim: 128,
  hidden_act: 'silu',
  hidden_size: 2048,
  initializer_range: 0.02,
  intermediate_size: 6144,
  max_position_embeddings: 40960,
  max_window_layers: 48,
  mlp_only_layers: [],
  model_type: 'qwen3_moe',
  moe_intermediate_size: 768,
  norm_topk_prob: true,
  num_attention_heads: 32,
  num_experts: 128,
  num_experts_per_tok: 8,
  num_hidden_layers: 48,
  num_key_value_heads: 4,
  output_router_logits: false,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1000000.0,
  router_aux_loss_coef: 0.001,
  sliding_window: null,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  transformers_version: '4.51.0',
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151936,
}

const SHAPE = {
  layers: 48,
  hidden: 2048,
  heads: 32,
  kvHeads: 4,
  headSize: 128,
  experts: 128,
  expertsPerToken: 8,
  expertWidth: 768,
  vocabulary: 151936,
  contextLength: 40960,
  ropeBase: 1e6,
  normEpsilon: 1e-6,
  normalizeGates: true,
  tiedEmbeddings: false,
  traits: PLAIN_TRAITS,
}

const without = (key: keyof typeof PUBLISHED) => Object.fromEntries(Object.entries(PUBLISHED).filter(([name]) => name !== key))

describe('config.json', () => {
  test('the published one is read', () => {
    expect(qwen3Moe.readShape(PUBLISHED)).toEqual(SHAPE)
  })

  test('the names of transformers 5 are read', () => {
    const { rope_theta, rope_scaling, torch_dtype, num_experts, ...rest } = PUBLISHED
    expect([rope_scaling, torch_dtype]).toEqual([null, 'bfloat16'])
    const config = {
      ...rest,
      dtype: 'bfloat16',
      num_local_experts: num_experts,
      rope_parameters: { rope_theta, rope_type: 'default' },
      mlp_only_layers: null,
      layer_types: Array.from({ length: 48 }, () => 'full_attention'),
    }
    expect(qwen3Moe.readShape(config)).toEqual(SHAPE)
  })

  test.each([
    ['decoder_sparse_step', 2],
    ['mlp_only_layers', [0]],
    ['attention_bias', true],
    ['hidden_act', 'gelu'],
    ['use_sliding_window', true],
    ['rope_scaling', { type: 'longrope', factor: 4 }],
    ['rope_parameters', { rope_theta: 1e6, rope_type: 'proportional', factor: 4 }],
    ['layer_types', ['sliding_attention']],
    ['auto_map', {}],
    ['num_shared_experts', 1],
    ['toString', 1],
  ])('%s = %j is refused', async (key, value) => {
    await expectFailure(() => qwen3Moe.readShape({ ...PUBLISHED, [key]: value }), 'config-key-unsupported', { key, value })
  })

  test.each([
    ['num_hidden_layers', 1e9],
    ['num_hidden_layers', 0],
    ['num_hidden_layers', -1],
    ['num_experts', 1e9],
    ['num_experts', '128'],
    ['hidden_size', 2048.5],
    ['hidden_size', null],
    ['vocab_size', [1]],
    ['rope_theta', -1],
    ['rms_norm_eps', 0],
    ['norm_topk_prob', 'true'],
    ['num_experts_per_tok', 129],
    ['num_key_value_heads', 5],
    ['head_dim', 127],
  ])('%s = %j is invalid', async (key, value) => {
    await expectFailure(() => qwen3Moe.readShape({ ...PUBLISHED, [key]: value }), 'config-invalid', { key })
  })

  test.each([
    'head_dim',
    'num_experts',
    'norm_topk_prob',
    'tie_word_embeddings',
    'rope_theta',
    'rms_norm_eps',
    'moe_intermediate_size',
  ] as const)('%s must be there', async (key) => {
    await expectFailure(() => qwen3Moe.readShape(without(key)), 'config-invalid', { key })
  })

  test('two keys that contradict each other are invalid', async () => {
    await expectFailure(() => qwen3Moe.readShape({ ...PUBLISHED, num_local_experts: 64 }), 'config-invalid', { key: 'num_experts' })
    await expectFailure(() => qwen3Moe.readShape({ ...PUBLISHED, rope_parameters: { rope_theta: 1e4 } }), 'config-invalid', {
      key: 'rope_theta',
    })
  })
})

describe('tensors', () => {
  test('names and shapes are those of the published checkpoint', () => {
    const places = new Map(checkpointTensors(qwen3Moe, SHAPE).map((place) => [place.name, place.shape]))
    expect(places.size).toBe(3 + 48 * (9 + 3 * 128))
    expect(places.get('model.layers.47.mlp.experts.127.down_proj.weight')).toEqual([2048, 768])
    expect(places.get('model.layers.0.mlp.gate.weight')).toEqual([128, 2048])
    expect(places.get('model.layers.0.self_attn.q_proj.weight')).toEqual([4096, 2048])
    expect(places.get('model.layers.0.self_attn.k_norm.weight')).toEqual([128])
    expect(places.get('lm_head.weight')).toEqual([151936, 2048])
  })

  test('names and shapes are those llama.cpp asks for', () => {
    const places = new Map(ggufTensors(qwen3Moe, SHAPE).map((place) => [place.name, place.shape]))
    expect(places.size).toBe(3 + 48 * 12)
    expect(places.get('blk.47.ffn_down_exps.weight')).toEqual([128, 2048, 768])
    expect(places.get('blk.0.ffn_gate_inp.weight')).toEqual([128, 2048])
    expect(places.get('blk.0.attn_output.weight')).toEqual([2048, 4096])
    expect(places.get('output.weight')).toEqual([151936, 2048])
  })

  test('the output is the embedding where the two are tied', () => {
    const tied = { ...SHAPE, tiedEmbeddings: true }
    expect(checkpointTensors(qwen3Moe, tied).some(({ role }) => role === 'output')).toBe(false)
    expect(ggufTensors(qwen3Moe, tied).some(({ role }) => role === 'output')).toBe(false)
  })
})

const tensors = new Map(ggufTensors(qwen3Moe, SHAPE).map((place) => [place.name, place]))

describe('GGUF keys', () => {
  test('gates that are not rescaled cannot be written: llama.cpp always rescales', async () => {
    await expectFailure(() => qwen3Moe.ggufMetadata({ ...SHAPE, normalizeGates: false }), 'config-key-unsupported', {
      key: 'norm_topk_prob',
      where: 'gguf',
    })
  })

  test('the dense width llama.cpp derives from the experts is the published one', () => {
    expect(qwen3Moe.ggufMetadata(SHAPE).get('qwen3moe.feed_forward_length')).toEqual({ type: 'u32', value: 6144 })
  })

  test("the vocabulary of another program's file is its token list", () => {
    const metadata = new Map(qwen3Moe.ggufMetadata(SHAPE))
    metadata.delete('qwen3moe.vocab_size')
    metadata.set('tokenizer.ggml.tokens', { type: 'array', of: 'string', value: ['a', 'b', 'c'] })
    expect(qwen3Moe.shapeFromGguf({ metadata, tensors }).vocabulary).toBe(3)
  })

  test.each<[string, GgufValue | null]>([
    ['block_count', null],
    ['block_count', { type: 'u32', value: 513 }],
    ['block_count', { type: 'string', value: '48' }],
    ['expert_count', { type: 'array', of: 'i32', value: [128] }],
    ['expert_count', { type: 'u32', value: 0 }],
    ['expert_used_count', { type: 'u32', value: 129 }],
    ['attention.value_length', { type: 'u32', value: 64 }],
    ['attention.head_count_kv', { type: 'u32', value: 5 }],
    ['rope.freq_base', { type: 'f32', value: Number.NaN }],
    ['attention.layer_norm_rms_epsilon', { type: 'f32', value: 0 }],
    ['vocab_size', null],
  ])('%s = %j is refused', async (name, value) => {
    const key = `qwen3moe.${name}`
    const metadata = new Map(qwen3Moe.ggufMetadata(SHAPE))
    if (value === null) metadata.delete(key)
    else metadata.set(key, value)
    await expectFailure(() => qwen3Moe.shapeFromGguf({ metadata, tensors }), 'gguf-invalid', { key })
  })
})
