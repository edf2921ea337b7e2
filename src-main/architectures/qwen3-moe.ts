import type { Architecture, LayerRole, ModelRole, ModelShape, RoleNames } from './architecture.ts'
import { readQwen3MoeConfig, writeQwen3MoeConfig } from './qwen3-moe-config.ts'
import { readQwen3MoeMetadata, writeQwen3MoeMetadata } from './qwen3-moe-gguf.ts'

const layerRoles: Readonly<Record<LayerRole, RoleNames>> = {
  attentionNorm: { checkpoint: 'model.layers.{layer}.input_layernorm.weight', gguf: 'blk.{layer}.attn_norm.weight' },
  query: { checkpoint: 'model.layers.{layer}.self_attn.q_proj.weight', gguf: 'blk.{layer}.attn_q.weight' },
  key: { checkpoint: 'model.layers.{layer}.self_attn.k_proj.weight', gguf: 'blk.{layer}.attn_k.weight' },
  value: { checkpoint: 'model.layers.{layer}.self_attn.v_proj.weight', gguf: 'blk.{layer}.attn_v.weight' },
  attentionOutput: { checkpoint: 'model.layers.{layer}.self_attn.o_proj.weight', gguf: 'blk.{layer}.attn_output.weight' },
  queryNorm: { checkpoint: 'model.layers.{layer}.self_attn.q_norm.weight', gguf: 'blk.{layer}.attn_q_norm.weight' },
  keyNorm: { checkpoint: 'model.layers.{layer}.self_attn.k_norm.weight', gguf: 'blk.{layer}.attn_k_norm.weight' },
  expertNorm: { checkpoint: 'model.layers.{layer}.post_attention_layernorm.weight', gguf: 'blk.{layer}.ffn_norm.weight' },
  router: { checkpoint: 'model.layers.{layer}.mlp.gate.weight', gguf: 'blk.{layer}.ffn_gate_inp.weight' },
  expertGate: { checkpoint: 'model.layers.{layer}.mlp.experts.{expert}.gate_proj.weight', gguf: 'blk.{layer}.ffn_gate_exps.weight' },
  expertUp: { checkpoint: 'model.layers.{layer}.mlp.experts.{expert}.up_proj.weight', gguf: 'blk.{layer}.ffn_up_exps.weight' },
  expertDown: { checkpoint: 'model.layers.{layer}.mlp.experts.{expert}.down_proj.weight', gguf: 'blk.{layer}.ffn_down_exps.weight' },
}

const modelRoles: Readonly<Record<ModelRole, RoleNames>> = {
  embedding: { checkpoint: 'model.embed_tokens.weight', gguf: 'token_embd.weight' },
  outputNorm: { checkpoint: 'model.norm.weight', gguf: 'output_norm.weight' },
  output: { checkpoint: 'lm_head.weight', gguf: 'output.weight' },
}

/** Shapes as PyTorch stores them: a matrix is (outputs, inputs). */
function roleShape(role: LayerRole | ModelRole, shape: ModelShape): readonly number[] {
  const { hidden, headSize, expertWidth } = shape
  switch (role) {
    case 'attentionNorm':
    case 'expertNorm':
    case 'outputNorm':
      return [hidden]
    case 'queryNorm':
    case 'keyNorm':
      return [headSize]
    case 'query':
      return [shape.heads * headSize, hidden]
    case 'key':
    case 'value':
      return [shape.kvHeads * headSize, hidden]
    case 'attentionOutput':
      return [hidden, shape.heads * headSize]
    case 'router':
      return [shape.experts, hidden]
    case 'expertGate':
    case 'expertUp':
      return [expertWidth, hidden]
    case 'expertDown':
      return [hidden, expertWidth]
    case 'embedding':
    case 'output':
      return [shape.vocabulary, hidden]
  }
}

/**
 * Qwen3 Mixture of Experts (Qwen3-30B-A3B, Qwen3-235B-A22B and models of their shape): every layer sparse, softmax router over
 * all experts, RMS norm per head on queries and keys, rotary positions over the whole head (rotate-half).
 * Source: Qwen3 technical report, arXiv 2505.09388.
 */
export const qwen3Moe: Architecture = {
  id: 'qwen3_moe',
  title: 'Qwen3 Mixture of Experts',
  ggufName: 'qwen3moe',
  readShape: readQwen3MoeConfig,
  writeConfig: writeQwen3MoeConfig,
  layerRoles,
  modelRoles,
  roleShape,
  keptInF32: ['attentionNorm', 'queryNorm', 'keyNorm', 'expertNorm', 'outputNorm', 'router'],
  ggufMetadata: writeQwen3MoeMetadata,
  shapeFromGguf: readQwen3MoeMetadata,
}
