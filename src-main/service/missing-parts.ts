import { existsSync, readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import type { MissingPart } from '../contract/calls.ts'

type Missing = z.infer<typeof MissingPart>

const Manifest = z.object({ name: z.string(), version: z.string().default('') })

/** Binary packages of node-llama-cpp by platform: the plain one, and those that use a graphics card. */
const LLAMA_PACKAGES: Readonly<Record<string, { plain: string; gpu: readonly string[] }>> = {
  'linux-x64': { plain: 'linux-x64', gpu: ['linux-x64-cuda', 'linux-x64-vulkan'] },
  'linux-arm64': { plain: 'linux-arm64', gpu: [] },
  'darwin-arm64': { plain: 'mac-arm64-metal', gpu: ['mac-arm64-metal'] },
  'darwin-x64': { plain: 'mac-x64', gpu: [] },
  'win32-x64': { plain: 'win-x64', gpu: ['win-x64-cuda', 'win-x64-vulkan'] },
  'win32-arm64': { plain: 'win-arm64', gpu: [] },
}

/** What the machine lacks beside its host: found by looking for files, nothing is loaded. */
export function findMissingParts(): Missing[] {
  return [...missingLlama(), ...missingCuda()]
}

function missingLlama(): Missing[] {
  const platform = `${process.platform}-${process.arch}`
  const packages = LLAMA_PACKAGES[platform]
  if (packages === undefined || !isInstalled('node-llama-cpp') || !isInstalled(`@node-llama-cpp/${packages.plain}`)) {
    return [{ id: 'llama', details: { platform } }]
  }
  if (packages.gpu.length === 0 || packages.gpu.some((name) => isInstalled(`@node-llama-cpp/${name}`))) return []
  return [{ id: 'llama-gpu', details: { packages: packages.gpu.map((name) => `@node-llama-cpp/${name}`) } }]
}

/** CUDA is only missed where there is an NVIDIA card, which is known only on Linux without asking the driver. */
function missingCuda(): Missing[] {
  if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync('/proc/driver/nvidia/version')) return []
  const runtime = findPackageJSON('onnxruntime-node', import.meta.url)
  const library =
    runtime === undefined ? null : join(dirname(runtime), 'bin', 'napi-v6', 'linux', 'x64', 'libonnxruntime_providers_cuda.so')
  return library !== null && existsSync(library) ? [] : [{ id: 'cuda', details: { library: 'libonnxruntime_providers_cuda.so' } }]
}

/** Whether a package is there under its own name: the lean install puts an empty package in place of big ones. */
function isInstalled(name: string): boolean {
  return packageVersion(name) !== null
}

/** The version of a package that is there under its own name; null where there is none. */
export function packageVersion(name: string): string | null {
  try {
    const path = findPackageJSON(name, import.meta.url)
    if (path === undefined) return null
    const manifest = Manifest.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return manifest.success && manifest.data.name === name ? manifest.data.version : null
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}
