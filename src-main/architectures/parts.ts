import type { Architecture, LayerRole, ModelRole, ModelShape } from './architecture.ts'
import { isDense, mixedWidth } from './shape.ts'

/** The roles that exist once per expert. */
export const EXPERT_ROLES = ['expertGate', 'expertUp', 'expertDown'] as const
export type ExpertRole = (typeof EXPERT_ROLES)[number]

/** One tensor a layer has, or the model outside its layers: what it does and how large it is. */
export interface Part<R extends LayerRole | ModelRole = LayerRole | ModelRole> {
  readonly role: R
  /** PyTorch order, (outputs, inputs) of a matrix; one expert's where it exists per expert. */
  readonly shape: readonly number[]
  /** Its shape in GGUF where that differs. */
  readonly ggufShape?: readonly number[]
  /** Where it is held: some tensors are cut in two, and some made, on the way from a checkpoint to GGUF. */
  readonly heldBy: 'both' | 'checkpoint' | 'canonical'
}

const part = <R extends LayerRole | ModelRole>(role: R, ...shape: readonly number[]): Part<R> => ({ role, shape, heldBy: 'both' })

/** Where roles are named in most checkpoints; behind `model.layers.{layer}.` */
const CHECKPOINT_NAMES: Readonly<Record<Exclude<LayerRole, 'keyB' | 'valueB'>, string>> = {
  attentionNorm: 'input_layernorm.weight',
  query: 'self_attn.q_proj.weight',
  key: 'self_attn.k_proj.weight',
  value: 'self_attn.v_proj.weight',
  queryBias: 'self_attn.q_proj.bias',
  keyBias: 'self_attn.k_proj.bias',
  valueBias: 'self_attn.v_proj.bias',
  queryA: 'self_attn.q_a_proj.weight',
  queryANorm: 'self_attn.q_a_layernorm.weight',
  queryB: 'self_attn.q_b_proj.weight',
  kvA: 'self_attn.kv_a_proj_with_mqa.weight',
  kvANorm: 'self_attn.kv_a_layernorm.weight',
  kvB: 'self_attn.kv_b_proj.weight',
  attentionOutput: 'self_attn.o_proj.weight',
  outputBias: 'self_attn.o_proj.bias',
  queryNorm: 'self_attn.q_norm.weight',
  keyNorm: 'self_attn.k_norm.weight',
  expertNorm: 'post_attention_layernorm.weight',
  ffnGate: 'mlp.gate_proj.weight',
  ffnUp: 'mlp.up_proj.weight',
  ffnDown: 'mlp.down_proj.weight',
  router: 'mlp.gate.weight',
  routerBias: 'mlp.gate.e_score_correction_bias',
  expertGate: 'mlp.experts.{expert}.gate_proj.weight',
  expertUp: 'mlp.experts.{expert}.up_proj.weight',
  expertDown: 'mlp.experts.{expert}.down_proj.weight',
  sharedRouter: 'mlp.shared_expert_gate.weight',
  sharedGate: 'mlp.shared_experts.gate_proj.weight',
  sharedUp: 'mlp.shared_experts.up_proj.weight',
  sharedDown: 'mlp.shared_experts.down_proj.weight',
}

/** The same in GGUF, behind `blk.{layer}.` */
const GGUF_NAMES: Readonly<Record<Exclude<LayerRole, 'kvB'>, string>> = {
  attentionNorm: 'attn_norm.weight',
  query: 'attn_q.weight',
  key: 'attn_k.weight',
  value: 'attn_v.weight',
  queryBias: 'attn_q.bias',
  keyBias: 'attn_k.bias',
  valueBias: 'attn_v.bias',
  queryA: 'attn_q_a.weight',
  queryANorm: 'attn_q_a_norm.weight',
  queryB: 'attn_q_b.weight',
  kvA: 'attn_kv_a_mqa.weight',
  kvANorm: 'attn_kv_a_norm.weight',
  keyB: 'attn_k_b.weight',
  valueB: 'attn_v_b.weight',
  attentionOutput: 'attn_output.weight',
  outputBias: 'attn_output.bias',
  queryNorm: 'attn_q_norm.weight',
  keyNorm: 'attn_k_norm.weight',
  expertNorm: 'ffn_norm.weight',
  ffnGate: 'ffn_gate.weight',
  ffnUp: 'ffn_up.weight',
  ffnDown: 'ffn_down.weight',
  router: 'ffn_gate_inp.weight',
  routerBias: 'exp_probs_b.bias',
  expertGate: 'ffn_gate_exps.weight',
  expertUp: 'ffn_up_exps.weight',
  expertDown: 'ffn_down_exps.weight',
  sharedRouter: 'ffn_gate_inp_shexp.weight',
  sharedGate: 'ffn_gate_shexp.weight',
  sharedUp: 'ffn_up_shexp.weight',
  sharedDown: 'ffn_down_shexp.weight',
}

const MODEL_NAMES: Readonly<Record<'checkpoint' | 'gguf', Readonly<Record<ModelRole, string>>>> = {
  checkpoint: { embedding: 'model.embed_tokens.weight', outputNorm: 'model.norm.weight', output: 'lm_head.weight', ropeFactors: '' },
  gguf: { embedding: 'token_embd.weight', outputNorm: 'output_norm.weight', output: 'output.weight', ropeFactors: 'rope_freqs.weight' },
}

/** The name of a role of a layer in a container; `{expert}` is still to be filled in. Throws RangeError where the container has none. */
export function layerName(
  architecture: Pick<Architecture, 'checkpointNames' | 'ggufNames'>,
  container: 'checkpoint' | 'gguf',
  role: LayerRole,
  layer: number,
): string {
  const own = container === 'checkpoint' ? architecture.checkpointNames : architecture.ggufNames
  const usual: Readonly<Partial<Record<LayerRole, string>>> = container === 'checkpoint' ? CHECKPOINT_NAMES : GGUF_NAMES
  const name = own[role] ?? usual[role]
  if (name === undefined) throw new RangeError(`${container} has no ${role}`)
  return container === 'checkpoint' ? `model.layers.${layer}.${name}` : `blk.${layer}.${name}`
}

/** The name of a role outside the layers. */
export function modelName(container: 'checkpoint' | 'gguf', role: ModelRole): string {
  return MODEL_NAMES[container][role]
}

/** The parts outside the layers, in the order they are written. */
export function modelParts({ vocabulary, hidden, tiedEmbeddings, traits, headSize }: ModelShape): Part<ModelRole>[] {
  const { rope } = traits
  return [
    part('embedding', vocabulary, hidden),
    part('outputNorm', hidden),
    ...(tiedEmbeddings ? [] : [part('output', vocabulary, hidden)]),
    ...(rope.scaling?.kind === 'llama3' || rope.scaling?.kind === 'factors'
      ? [{ ...part('ropeFactors', (rope.size ?? headSize) / 2), heldBy: 'canonical' as const }]
      : []),
  ]
}

/** The parts of one layer, in the order they are written. */
export function layerParts(shape: ModelShape, layer: number): Part<LayerRole>[] {
  const { hidden, traits } = shape
  return [
    part('attentionNorm', hidden),
    ...(traits.latent === null ? groupedParts(shape) : latentParts(shape)),
    part('expertNorm', hidden),
    ...(isDense(shape, layer) ? denseParts(shape) : routedParts(shape)),
  ]
}

function groupedParts({ hidden, heads, kvHeads, headSize, traits }: ModelShape): Part<LayerRole>[] {
  const [queries, keys] = [heads * headSize, kvHeads * headSize]
  const [queryNorm, keyNorm] = traits.queryKeyNorm === 'head' ? [headSize, headSize] : [queries, keys]
  return [
    part('query', queries, hidden),
    part('key', keys, hidden),
    part('value', keys, hidden),
    ...(traits.attentionBias ? [part('queryBias', queries), part('keyBias', keys), part('valueBias', keys)] : []),
    part('attentionOutput', hidden, queries),
    ...(traits.outputBias ? [part('outputBias', hidden)] : []),
    ...(traits.queryKeyNorm === 'none' ? [] : [part('queryNorm', queryNorm), part('keyNorm', keyNorm)]),
  ]
}

function latentParts(shape: ModelShape): Part<LayerRole>[] {
  const { hidden, heads, headSize, traits } = shape
  const { latent } = traits
  if (latent === null) throw new RangeError('attention is not latent')
  const { queryRank, rank, plain, turning, value } = latent
  const queries =
    queryRank === null
      ? [part('query', heads * headSize, hidden)]
      : [part('queryA', queryRank, hidden), part('queryANorm', queryRank), part('queryB', heads * headSize, queryRank)]
  return [
    ...queries,
    part('kvA', rank + turning, hidden),
    part('kvANorm', rank),
    { ...part('kvB', heads * (plain + value), rank), heldBy: 'checkpoint' },
    { ...part('keyB', heads, rank, plain), heldBy: 'canonical' },
    { ...part('valueB', heads, value, rank), heldBy: 'canonical' },
    part('attentionOutput', hidden, mixedWidth(shape)),
  ]
}

function denseParts({ hidden, traits: { denseWidth } }: ModelShape): Part<LayerRole>[] {
  return [part('ffnGate', denseWidth, hidden), part('ffnUp', denseWidth, hidden), part('ffnDown', hidden, denseWidth)]
}

function routedParts({ hidden, experts, expertWidth, traits: { router, shared } }: ModelShape): Part<LayerRole>[] {
  return [
    part('router', experts, hidden),
    ...(router.bias ? [part('routerBias', experts)] : []),
    ...(shared?.gated === true ? [{ ...part('sharedRouter', 1, hidden), ggufShape: [hidden] }] : []),
    ...(shared === null
      ? []
      : [part('sharedGate', shared.width, hidden), part('sharedUp', shared.width, hidden), part('sharedDown', hidden, shared.width)]),
    part('expertGate', expertWidth, hidden),
    part('expertUp', expertWidth, hidden),
    part('expertDown', hidden, expertWidth),
  ]
}

/** The shape of one tensor of a role as a checkpoint stores it. Throws RangeError where the model has none. */
export function roleShape(shape: ModelShape, role: LayerRole | ModelRole): readonly number[] {
  const layers = [...new Set([0, shape.layers - 1])]
  const found = [...modelParts(shape), ...layers.flatMap((layer) => layerParts(shape, layer))].find((one) => one.role === role)
  if (found === undefined) throw new RangeError(`the model has no ${role}`)
  return found.shape
}

/** Roles that are always written as F32: norms, biases and routers. */
const KEPT_IN_F32: ReadonlySet<LayerRole | ModelRole> = new Set([
  'attentionNorm',
  'queryNorm',
  'keyNorm',
  'expertNorm',
  'outputNorm',
  'router',
  'queryBias',
  'keyBias',
  'valueBias',
  'outputBias',
  'routerBias',
  'sharedRouter',
  'queryANorm',
  'kvANorm',
  'ropeFactors',
])

/** Whether a role is always written as F32. */
export function isKeptInF32(role: LayerRole | ModelRole): boolean {
  return KEPT_IN_F32.has(role)
}

/** Whether a role exists once per expert. */
export function isExpertRole(role: LayerRole | ModelRole): role is ExpertRole {
  return (EXPERT_ROLES as readonly string[]).includes(role)
}

/** What flows into the columns of a layer's matrices, by role. */
export type Tap = 'attention' | 'attentionOutput' | 'latentQuery' | 'latent' | 'common' | 'commonDown' | 'expert' | 'expertDown'

const TAPS: Readonly<Partial<Record<LayerRole | ModelRole, Tap>>> = {
  query: 'attention',
  key: 'attention',
  value: 'attention',
  queryA: 'attention',
  kvA: 'attention',
  queryB: 'latentQuery',
  valueB: 'latent',
  attentionOutput: 'attentionOutput',
  ffnGate: 'common',
  ffnUp: 'common',
  ffnDown: 'commonDown',
  sharedGate: 'common',
  sharedUp: 'common',
  sharedDown: 'commonDown',
  expertGate: 'expert',
  expertUp: 'expert',
  expertDown: 'expertDown',
}

/** What flows into a role's columns; null for what is no matrix, or is multiplied from its other side (`keyB`, embeddings). */
export function tapOf(role: LayerRole | ModelRole): Tap | null {
  return TAPS[role] ?? null
}

/** Whether a role is a matrix of attention. */
export function isAttentionMatrix(role: LayerRole | ModelRole): boolean {
  return role === 'keyB' || ['attention', 'attentionOutput', 'latentQuery', 'latent'].includes(tapOf(role) ?? '')
}

/** Whether a role is a matrix of a feed-forward network that every token passes. */
export function isCommonMatrix(role: LayerRole | ModelRole): boolean {
  const tap = tapOf(role)
  return tap === 'common' || tap === 'commonDown'
}
