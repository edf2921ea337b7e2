import type { MemoryUse } from '../../src-main/contract/curve.ts'
import type { PlanCell } from '../../src-main/contract/plan.ts'

/** How much of a model a card takes at one context length. Bytes. */
export interface CardFit {
  readonly contextTokens: number
  /** Layers on the card, and layers there are. */
  readonly onCard: number
  readonly layers: number
  readonly neededBytes: number
  readonly roomBytes: number
}

/** Kept free on a card for the driver and other programs: the same as budgets for a card keep. */
function reserveBytes(cardBytes: number): number {
  return Math.min(2 ** 31, Math.max(2 ** 29, Math.ceil(cardBytes / 8)))
}

/** Memory at any context length: the cache grows with it, the scratch memory is that of the next longer one known. */
function memoryAt(uses: readonly MemoryUse[], contextTokens: number): { kvCacheBytes: number; computeBytes: number; weightsBytes: number } {
  const known = uses.find((use) => use.contextTokens >= contextTokens) ?? uses.at(-1)
  if (known === undefined) return { kvCacheBytes: 0, computeBytes: 0, weightsBytes: 0 }
  return {
    kvCacheBytes: (known.kvCacheBytes / known.contextTokens) * contextTokens,
    computeBytes: known.computeBytes,
    weightsBytes: known.weightsBytes,
  }
}

/**
 * The layers that go on a card: all of them where everything fits; else as many of the last ones as fit beside what lies outside the
 * layers, their share of the cache and the scratch memory.
 */
export function fitCard(
  uses: readonly MemoryUse[],
  cells: readonly PlanCell[],
  layers: number,
  cardBytes: number,
  contextTokens: number,
): CardFit {
  const { weightsBytes, kvCacheBytes, computeBytes } = memoryAt(uses, contextTokens)
  const roomBytes = Math.max(0, cardBytes - reserveBytes(cardBytes))
  const neededBytes = weightsBytes + kvCacheBytes + computeBytes
  const fit = { contextTokens, layers, neededBytes, roomBytes }
  if (neededBytes <= roomBytes) return { ...fit, onCard: layers }
  const byLayer = new Array<number>(layers).fill(0)
  let outside = 0
  for (const { layer, bytes } of cells) {
    if (layer === null) outside += bytes
    else byLayer[layer] = (byLayer[layer] ?? 0) + bytes
  }
  let taken = outside + computeBytes
  let onCard = 0
  for (const bytes of byLayer.reverse()) {
    taken += bytes + kvCacheBytes / layers
    if (taken > roomBytes) break
    onCard += 1
  }
  return { ...fit, onCard: Math.min(onCard, layers - 1) }
}

/** The longest of the known context lengths at which the whole model fits; the shortest where none does. */
export function longestContext(uses: readonly MemoryUse[], cardBytes: number): number | null {
  const room = cardBytes - reserveBytes(cardBytes)
  const fitting = uses.filter((use) => use.totalBytes <= room)
  return (fitting.at(-1) ?? uses[0])?.contextTokens ?? null
}

/** llama.cpp's number for it: 99 stands for all. */
export function gpuLayers({ onCard, layers }: Pick<CardFit, 'onCard' | 'layers'>): number {
  return onCard === layers ? 99 : onCard
}
