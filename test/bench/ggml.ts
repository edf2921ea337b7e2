import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import koffi from 'koffi'
import { GGML_TYPES, rowBytes } from '../../src-main/tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../src-main/tensor/ggml-type.ts'

/** Stock ggml (the library inside node-llama-cpp) as an oracle and a rival. */
export interface Ggml {
  /** ggml's own encoder: ggml_quantize_chunk. */
  encode(type: GgmlTypeName, weights: Float32Array, columns: number, importance: Float32Array | null): Uint8Array
  /** ggml's dequantizer, for whole blocks. */
  decode(type: GgmlTypeName, bytes: Uint8Array): Float32Array
  /** ggml_validate_row_data: what llama.cpp checks of a tensor it loads with check_tensors. */
  valid(type: GgmlTypeName, bytes: Uint8Array): boolean
  narrowToF16(values: Float32Array): Uint16Array
  widenF16(halves: Uint16Array): Float32Array
}

const DECODERS: Record<GgmlTypeName, string> = {
  F32: '',
  F16: 'ggml_fp16_to_fp32_row',
  BF16: 'ggml_bf16_to_fp32_row',
  Q8_0: 'dequantize_row_q8_0',
  Q6_K: 'dequantize_row_q6_K',
  Q5_K: 'dequantize_row_q5_K',
  Q4_K: 'dequantize_row_q4_K',
  Q4_0: 'dequantize_row_q4_0',
  Q3_K: 'dequantize_row_q3_K',
  Q2_K: 'dequantize_row_q2_K',
}

/** Folder of the llama.cpp libraries npm installed for this machine, or null with the reason. */
export function llamaLibraries(): { folder: string | null; reason: string } {
  const platform = process.platform === 'win32' ? 'win' : process.platform === 'darwin' ? 'mac' : 'linux'
  const name = `${platform}-${process.arch}${platform === 'mac' && process.arch === 'arm64' ? '-metal' : ''}`
  const root = join(import.meta.dirname, '../../node_modules/@node-llama-cpp', name, 'bins', name)
  return existsSync(root) ? { folder: root, reason: '' } : { folder: null, reason: `@node-llama-cpp/${name} is not installed` }
}

/** Opens ggml. `reason` says why it can't be had. */
export function openGgml(): { ggml: Ggml | null; reason: string } {
  const { folder, reason } = llamaLibraries()
  if (folder === null) return { ggml: null, reason }
  const file = readdirSync(folder).find((name) => /^(lib)?ggml-base.*\.(so|dylib|dll)$/.test(name))
  if (file === undefined) return { ggml: null, reason: `no ggml-base library in ${folder}` }
  return { ggml: bind(join(folder, file)), reason: '' }
}

function bind(path: string): Ggml {
  const library = koffi.load(path)
  const quantize = library.func(
    'size_t ggml_quantize_chunk(int type, const float* src, void* dst, int64_t start, int64_t nrows, int64_t n_per_row, const float* imatrix)',
  )
  const validate = library.func('bool ggml_validate_row_data(int type, const void* data, size_t nbytes)')
  const narrow = library.func('void ggml_fp32_to_fp16_row(const float* x, void* y, int64_t n)')
  const widen = library.func('void ggml_fp16_to_fp32_row(const void* x, void* y, int64_t n)')
  const decoders = new Map<GgmlTypeName, (source: Uint8Array, target: Float32Array, count: number) => void>()
  for (const [type, symbol] of Object.entries(DECODERS) as [GgmlTypeName, string][]) {
    if (symbol !== '') decoders.set(type, library.func(`void ${symbol}(const void* x, void* y, int64_t k)`))
  }
  return {
    encode(type, weights, columns, importance) {
      const rows = weights.length / columns
      const out = new Uint8Array(rows * rowBytes(type, columns))
      quantize(GGML_TYPES[type].id, weights, out, 0, rows, columns, importance)
      return out
    },
    decode(type, bytes) {
      if (type === 'F32') return new Float32Array(bytes.slice().buffer)
      const { blockWeights, blockBytes } = GGML_TYPES[type]
      const out = new Float32Array((bytes.length / blockBytes) * blockWeights)
      decoders.get(type)?.(bytes, out, out.length)
      return out
    },
    valid: (type, bytes) => Boolean(validate(GGML_TYPES[type].id, bytes, bytes.length)),
    narrowToF16(values) {
      const out = new Uint16Array(values.length)
      narrow(values, out, values.length)
      return out
    },
    widenF16(halves) {
      const out = new Float32Array(halves.length)
      widen(halves, out, halves.length)
      return out
    },
  }
}
