import type { LayerKind, ModelShape, Rope, Traits } from './architecture.ts'

/** Rotary positions over whole heads, in halves: what most families have. */
export const PLAIN_ROPE: Rope = { order: 'halves', permuted: false, size: null, scaling: null, sections: null }

/** The traits of Qwen3: a norm per head, a softmax router, all layers alike. Other families name what differs. */
export const PLAIN_TRAITS: Traits = {
  queryKeyNorm: 'head',
  attentionBias: false,
  outputBias: false,
  softmaxScale: null,
  latent: null,
  rope: PLAIN_ROPE,
  router: { score: 'softmax', bias: false, groups: null, scale: 1 },
  shared: null,
  denseWidth: 0,
  layers: [],
  laterLayers: 0,
  embeddingScale: 1,
  residualScale: 1,
  logitScale: 1,
}

/** The kind of one layer. */
export function layerKind({ experts, traits }: Pick<ModelShape, 'experts' | 'traits'>, layer: number): LayerKind {
  return traits.layers[layer] ?? { feedForward: experts > 0 ? 'routed' : 'dense', window: null, rope: 'usual' }
}

/** Whether a layer has one feed-forward network for all tokens in place of experts. */
export function isDense(shape: ModelShape, layer: number): boolean {
  return layerKind(shape, layer).feedForward === 'dense'
}

/** Experts of a layer: none in a dense one. */
export function expertsOf(shape: ModelShape, layer: number): number {
  return isDense(shape, layer) ? 0 : shape.experts
}

/** Layers without experts. */
export function denseLayers(shape: ModelShape): number {
  if (shape.experts === 0) return shape.layers
  return shape.traits.layers.slice(0, shape.layers).filter(({ feedForward }) => feedForward === 'dense').length
}

/** Elements of a head that turn with the position. */
export function turningSize({ headSize, traits }: Pick<ModelShape, 'headSize' | 'traits'>): number {
  return traits.latent?.turning ?? traits.rope.size ?? headSize
}

/** Columns of the attention output matrix: the mixed values of all heads. */
export function mixedWidth({ heads, headSize, traits }: Pick<ModelShape, 'heads' | 'headSize' | 'traits'>): number {
  return heads * (traits.latent?.value ?? headSize)
}

/** What scores of queries and keys are multiplied by. */
export function softmaxScale({ headSize, traits }: Pick<ModelShape, 'headSize' | 'traits'>): number {
  if (traits.softmaxScale !== null) return traits.softmaxScale
  const { scaling } = traits.rope
  const stretched = traits.latent !== null && scaling?.kind === 'yarn' ? 1 + 0.1 * scaling.allDimensions * Math.log(scaling.factor) : 1
  return (stretched * stretched) / Math.sqrt(headSize)
}
