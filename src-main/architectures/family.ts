import type { Architecture, LayerRole, ModelShape, Rope, Traits } from './architecture.ts'
import { ConfigReader } from './config-reader.ts'
import { writeGgufKeys, type GgufRules } from './gguf-keys.ts'
import { readGgufShape, type GgufFamily } from './gguf-shape.ts'

/** One family on one page: where its names and rules differ from what most families do. */
export interface FamilyPage {
  /** `model_type` of config.json. */
  readonly id: string
  readonly title: string
  /** `general.architecture` of its GGUF files. */
  readonly ggufName: string
  readonly checkpointNames?: Readonly<Partial<Record<LayerRole, string>>>
  readonly ggufNames?: Readonly<Partial<Record<LayerRole, string>>>
  /** How the graph of llama.cpp turns heads, and whether checkpoints must be permuted for it; by default halves. */
  readonly rope?: Pick<Rope, 'order' | 'permuted'>
  /** Of its routers; by default softmax. */
  readonly score?: Traits['router']['score']
  readonly ropeOf?: GgufFamily['ropeOf']
  readonly folders?: boolean
  readonly gguf: GgufRules
  /** Where several families share a GGUF name: whether a file of `shape` is of this one. By default it is. */
  owns?(shape: ModelShape): boolean
  /** Reads every key that changes the arithmetic; keys left over are refused afterwards. */
  read(config: ConfigReader): ModelShape
}

const HALVES: Pick<Rope, 'order' | 'permuted'> = { order: 'halves', permuted: false }

/** Rows of queries and keys lie in halves in checkpoints, and llama.cpp turns pairs: the lineage of Llama. */
export const PERMUTED_PAIRS: Pick<Rope, 'order' | 'permuted'> = { order: 'pairs', permuted: true }

/** Pairs turn, in checkpoints too: the lineage of DeepSeek. */
export const PAIRS: Pick<Rope, 'order' | 'permuted'> = { order: 'pairs', permuted: false }

/** The architecture a page describes. */
export function defineFamily(page: FamilyPage): Architecture {
  const family: GgufFamily = {
    ggufName: page.ggufName,
    ggufNames: page.ggufNames ?? {},
    rules: page.gguf,
    // A file holds what llama.cpp wants: nothing is left to permute.
    rope: { ...(page.rope ?? HALVES), permuted: false },
    score: page.score ?? 'softmax',
    ...(page.ropeOf === undefined ? {} : { ropeOf: page.ropeOf }),
  }
  return {
    id: page.id,
    title: page.title,
    ggufName: page.ggufName,
    checkpointNames: page.checkpointNames ?? {},
    ggufNames: page.ggufNames ?? {},
    folders: page.folders ?? false,
    readShape: (config) => {
      const reader = new ConfigReader(config)
      const shape = page.read(reader)
      reader.end()
      return shape
    },
    ggufMetadata: (shape) => writeGgufKeys(page.ggufName, shape, page.gguf),
    ownsGguf: (facts) => page.owns?.(readGgufShape(family, facts)) ?? true,
    shapeFromGguf: (facts) => readGgufShape(family, facts),
  }
}
