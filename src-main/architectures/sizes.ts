import type { ModelShape } from './architecture.ts'
import { isExpertRole, layerParts, type Part } from './parts.ts'
import { isDense, mixedWidth, turningSize } from './shape.ts'

const FEED_FORWARD: ReadonlySet<string> = new Set(['ffnGate', 'ffnUp', 'ffnDown', 'sharedGate', 'sharedUp', 'sharedDown', 'sharedRouter'])

/** Weights of the matrices one token is multiplied with in a layer: those of its mixer and router, and those of its feed-forward. */
export function weightsPassed(shape: ModelShape, layer: number): { readonly attention: number; readonly feedForward: number } {
  let attention = 0
  let feedForward = 0
  for (const part of layerParts(shape, layer)) {
    if (part.heldBy === 'canonical' || part.shape.length < 2) continue
    if (isExpertRole(part.role)) feedForward += weightsOf(part) * shape.expertsPerToken
    else if (FEED_FORWARD.has(part.role)) feedForward += weightsOf(part)
    else attention += weightsOf(part)
  }
  return { attention, feedForward }
}

/** Weights of all matrices of a layer, routers aside. */
export function layerMatrixWeights(shape: ModelShape, layer: number): number {
  return layerParts(shape, layer)
    .filter(({ role, heldBy, shape: size }) => heldBy !== 'canonical' && size.length > 1 && role !== 'router' && role !== 'sharedRouter')
    .reduce((sum, part) => sum + weightsOf(part) * (isExpertRole(part.role) ? shape.experts : 1), 0)
}

/** Numbers that one token's widest step makes, of the first and the last layer. */
export function widestStep(shape: ModelShape): number {
  return Math.max(...[0, shape.layers - 1].flatMap((layer) => stepWidths(shape, layer)))
}

/** Numbers of one token in a layer that exist at once: in its mixer, and in its feed-forward. */
function stepWidths(shape: ModelShape, layer: number): number[] {
  const { heads, kvHeads, headSize, hidden, expertWidth, expertsPerToken, traits } = shape
  const { latent, shared, denseWidth } = traits
  const keys = latent === null ? 2 * kvHeads * headSize : latent.rank + turningSize(shape)
  const routed = expertsPerToken * (2 * expertWidth + hidden) + 2 * (shared?.width ?? 0)
  return [heads * headSize + mixedWidth(shape) + keys + hidden, (isDense(shape, layer) ? 2 * denseWidth : routed) + hidden]
}

/** Numbers a token leaves in the cache of one layer: a key and a value a head, or one latent vector with the part of the key that turns. */
export function cachedNumbers({ kvHeads, headSize, traits: { latent } }: Pick<ModelShape, 'kvHeads' | 'headSize' | 'traits'>): number {
  return latent === null ? 2 * kvHeads * headSize : latent.rank + latent.turning
}

/** Each layer's number. */
export function eachLayer({ layers }: Pick<ModelShape, 'layers'>): number[] {
  return Array.from({ length: layers }, (_, layer) => layer)
}

function weightsOf({ shape }: Part): number {
  return shape.reduce((product, size) => product * size, 1)
}
