import { ExpectedError } from '../contract/errors.ts'
import type { Architecture } from './architecture.ts'
import { qwen3Moe } from './qwen3-moe.ts'

/** Every family of models Whittle understands. A new one is one file and one line here. */
export const ARCHITECTURES: readonly Architecture[] = [qwen3Moe]

/** The architecture of a config.json's `model_type`. Throws ExpectedError 'architecture-unknown' {architecture, known}. */
export function architectureById(modelType: string): Architecture {
  return find((entry) => entry.id === modelType, modelType)
}

/** The architecture of a GGUF file's `general.architecture`. Throws ExpectedError 'architecture-unknown' {architecture, known}. */
export function architectureByGgufName(ggufName: string): Architecture {
  return find((entry) => entry.ggufName === ggufName, ggufName)
}

function find(matches: (entry: Architecture) => boolean, wanted: string): Architecture {
  const found = ARCHITECTURES.find(matches)
  if (found === undefined) {
    throw new ExpectedError('architecture-unknown', { architecture: wanted, known: ARCHITECTURES.map((entry) => entry.id) })
  }
  return found
}
