import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

/** SwiftShader, an adapter made of software, as browsers bring it along. */
const SOFTWARE_ADAPTERS = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/usr/lib/chromium-browser/vk_swiftshader_icd.json', '/opt/google/chrome/vk_swiftshader_icd.json']

interface Found {
  adapter: boolean
  reason?: string
  handles: { dims: number[]; exact: number; fedToCpu: string; downloadedByCpu: string; afterDispose: string; selfTest: number }
  distances: Record<string, number>
}

function adapterEnvironment(): NodeJS.ProcessEnv {
  const software = process.env['VK_ICD_FILENAMES'] === undefined ? SOFTWARE_ADAPTERS.find((path) => existsSync(path)) : undefined
  if (process.platform !== 'linux' || software === undefined) return process.env
  const libraries = [dirname(software), process.env['LD_LIBRARY_PATH']].filter((part) => part !== undefined).join(':')
  return { ...process.env, VK_ICD_FILENAMES: software, LD_LIBRARY_PATH: libraries, XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? tmpdir() }
}

/** Everything is computed once, in a child: on a software adapter that takes a while. */
async function runChild(): Promise<Found> {
  const child = fileURLToPath(new URL('./webgpu-child.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [child], { env: adapterEnvironment(), timeout: 300_000 })
  return JSON.parse(stdout) as Found
}

const found = await runChild()
if (!found.adapter) console.warn(`skipped: no WebGPU adapter here (${found.reason ?? ''}). Debian's chromium package brings a software one.`)

describe.skipIf(!found.adapter)('webgpu', () => {
  test('computes what the CPU computes: logits and every statistic', () => {
    for (const [name, distance] of Object.entries(found.distances)) expect(distance, name).toBeLessThan(1e-4)
    expect(found.distances['tokens']).toBe(0)
    expect(Object.keys(found.distances)).toHaveLength(12)
  })

  test('passes the self-test', () => {
    expect(found.handles.selfTest).toBeLessThan(1e-4)
  })

  test('brings tensors up, on and down again, in their shape', () => {
    expect(found.handles.dims).toEqual([2, 3, 4])
    expect(found.handles.exact).toBe(0)
  })

  test('a tensor on the GPU is refused by a session on the CPU, and by everybody once disposed', () => {
    expect(found.handles.fedToCpu).toBe('a tensor on webgpu was given to a session on cpu')
    expect(found.handles.downloadedByCpu).toBe('a tensor on webgpu was given to a session on cpu')
    expect(found.handles.afterDispose).toBe('the tensor is disposed')
  })
})
