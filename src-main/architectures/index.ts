import { ExpectedError } from '../contract/errors.ts'
import type { Architecture, GgufFacts } from './architecture.ts'
import { deepseek, deepseekV2, deepseekV3, glm4MoeLite, kimiK2 } from './families/deepseek.ts'
import { dots1 } from './families/dots1.ts'
import { exaoneMoe } from './families/exaone-moe.ts'
import { glm4Moe } from './families/glm4-moe.ts'
import { granite, graniteMoe, graniteMoeShared } from './families/granite.ts'
import { hyV3 } from './families/hy-v3.ts'
import { llama, mistral } from './families/llama.ts'
import { mellum } from './families/mellum.ts'
import { minimaxM2 } from './families/minimax-m2.ts'
import { mixtral } from './families/mixtral.ts'
import { olmoe } from './families/olmoe.ts'
import { qwen2 } from './families/qwen2.ts'
import { qwen2Moe } from './families/qwen2-moe.ts'
import { qwen3 } from './families/qwen3.ts'
import { qwen3Moe } from './families/qwen3-moe.ts'
import { qwen3Vl, qwen3VlMoe } from './families/qwen3-vl.ts'

/** Every family of models Whittle understands. A new one is one page and one line here. */
export const ARCHITECTURES: readonly Architecture[] = [
  qwen3Moe,
  qwen3,
  qwen3VlMoe,
  qwen3Vl,
  qwen2Moe,
  qwen2,
  llama,
  mistral,
  mixtral,
  olmoe,
  granite,
  graniteMoe,
  graniteMoeShared,
  glm4Moe,
  glm4MoeLite,
  hyV3,
  dots1,
  mellum,
  minimaxM2,
  exaoneMoe,
  deepseek,
  deepseekV2,
  deepseekV3,
  kimiK2,
]

/** The architecture of a config.json's `model_type`. Throws ExpectedError 'architecture-unknown' {architecture, known}. */
export function architectureById(modelType: string): Architecture {
  const found = ARCHITECTURES.find(({ id }) => id === modelType)
  if (found === undefined) throw unknown(modelType)
  return found
}

/**
 * The architecture of a GGUF file: of its `general.architecture`, and of those that share the name the one whose shape the file has.
 * Throws ExpectedError 'architecture-unknown' {architecture, known} or 'gguf-invalid'.
 */
export function architectureOfGguf(ggufName: string, facts: GgufFacts): Architecture {
  const named = ARCHITECTURES.filter((entry) => entry.ggufName === ggufName)
  const found = named.find((entry) => entry.ownsGguf(facts)) ?? named[0]
  if (found === undefined) throw unknown(ggufName)
  return found
}

function unknown(architecture: string): ExpectedError {
  return new ExpectedError('architecture-unknown', { architecture, known: ARCHITECTURES.map(({ id }) => id) })
}
