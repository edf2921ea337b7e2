import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { KernelsMissing } from '../contract/error-details.ts'
import { GGML_TYPES, rowBytes } from '../tensor/ggml-type.ts'
import { GPTQ_FUNCTIONS, nativeGptq } from './gptq/native.ts'
import type { GptqAddon } from './gptq/native.ts'
import type { Kernels } from './kernels.ts'
import { ALGEBRA_FUNCTIONS, nativeAlgebra } from './linear-algebra/native.ts'
import type { AlgebraAddon } from './linear-algebra/native.ts'
import { rowsToDecode, rowsToEncode, wholeRows } from './shape.ts'

/** The addon's own functions (native-kernels/addon.cpp); results are written into the last array. */
interface Addon extends AlgebraAddon, GptqAddon {
  readonly version: number
  /** The instruction set it chose for this processor: 'avx512', 'avx2' or 'baseline'. */
  readonly variant: string
  encode(type: number, weights: Float32Array, columns: number, importance: Float32Array | null, out: Uint8Array): void
  decode(type: number, bytes: Uint8Array, out: Float32Array): void
  weightedError(weights: Float32Array, decoded: Float32Array, columns: number, importance: Float32Array | null): number
  widenBf16(source: Uint16Array, out: Float32Array): void
}

const ADDON_VERSION = 2
const FUNCTIONS = ['encode', 'decode', 'weightedError', 'widenBf16', ...ALGEBRA_FUNCTIONS, ...GPTQ_FUNCTIONS] as const

/** Where the set-up builds the addon: native-kernels/build/whittle_kernels.node beside src-main/. */
export function builtAddonPath(): string {
  return fileURLToPath(new URL('../../native-kernels/build/whittle_kernels.node', import.meta.url))
}

type LoadedKernels = { readonly kernels: Kernels; readonly reason: null } | ({ readonly kernels: null } & KernelsMissing)

/**
 * Loads the addon from `path`.
 * @returns the kernels, or null and the reason they can't be had: not built, built for another machine, out of date
 */
export function loadNativeKernels(path: string = builtAddonPath()): LoadedKernels {
  if (!existsSync(path)) return { kernels: null, reason: 'kernels-not-built', path }
  let addon: unknown
  try {
    addon = createRequire(import.meta.url)(path)
  } catch (error) {
    return { kernels: null, reason: 'kernels-do-not-load', said: error instanceof Error ? error.message : String(error) }
  }
  if (!isAddon(addon)) return { kernels: null, reason: 'kernels-outdated', path }
  return { kernels: kernelsOf(addon), reason: null }
}

function isAddon(value: unknown): value is Addon {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Record<string, unknown>
  return fields['version'] === ADDON_VERSION && FUNCTIONS.every((name) => typeof fields[name] === 'function')
}

function kernelsOf(addon: Addon): Kernels {
  const blocks: Pick<Kernels, 'encode' | 'decode'> = {
    encode(type, weights, columns, importance) {
      const rows = rowsToEncode(type, weights, columns, importance)
      const out = new Uint8Array(rows * rowBytes(type, columns))
      addon.encode(GGML_TYPES[type].id, weights, columns, importance, out)
      return out
    },
    decode(type, bytes, columns) {
      const out = new Float32Array(rowsToDecode(type, bytes, columns) * columns)
      addon.decode(GGML_TYPES[type].id, bytes, out)
      return out
    },
  }
  return {
    ...blocks,
    name: 'native',
    weightedError(weights, decoded, columns, importance) {
      wholeRows(weights.length, columns, importance)
      return addon.weightedError(weights, decoded, columns, importance)
    },
    widenBf16(source) {
      const out = new Float32Array(source.length)
      addon.widenBf16(source, out)
      return out
    },
    algebra: nativeAlgebra(addon),
    gptq: nativeGptq(addon, blocks),
  }
}
