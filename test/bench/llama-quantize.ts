import type { LlamaLibrary } from './llama-library.ts'

/** llama.cpp's presets the duel is fought against, with its own numbers for them (`llama_ftype`). */
export const PRESETS = { Q4_K_M: 15, Q3_K_M: 12, Q2_K: 10 } as const
export type Preset = keyof typeof PRESETS

/** Importance per tensor of the GGUF file: mean x_j^2 per input column, experts one after another. (experts * columns) or (columns) */
export type ImportanceMatrix = ReadonlyMap<string, Float32Array>

/** Writes `output` with llama.cpp's own quantizer, exactly as `llama-quantize --imatrix` would. */
export function quantizeWithLlama(
  library: LlamaLibrary,
  input: string,
  output: string,
  preset: Preset,
  importance: ImportanceMatrix,
  threads: number,
): void {
  const entries = [...importance].map(([name, data]) => ({ name, data, size: data.length }))
  const params = {
    ...library.quantizeDefaults(),
    nthread: threads,
    ftype: PRESETS[preset],
    imatrix: [...entries, { name: null, data: null, size: 0 }],
  }
  const failed = library.quantize(input, output, params)
  if (failed !== 0) throw new Error(`llama_model_quantize failed: ${failed}`)
}
