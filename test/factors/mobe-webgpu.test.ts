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
  gradients: Record<string, number>
  cpu: { adam: number; fast: number }
  webgpu: { adam: number; fast: number }
}

function adapterEnvironment(): NodeJS.ProcessEnv {
  const software = process.env['VK_ICD_FILENAMES'] === undefined ? SOFTWARE_ADAPTERS.find((path) => existsSync(path)) : undefined
  if (process.platform !== 'linux' || software === undefined) return process.env
  const libraries = [dirname(software), process.env['LD_LIBRARY_PATH']].filter((part) => part !== undefined).join(':')
  return { ...process.env, VK_ICD_FILENAMES: software, LD_LIBRARY_PATH: libraries, XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? tmpdir() }
}

async function runChild(): Promise<Found> {
  const child = fileURLToPath(new URL('./mobe-webgpu-child.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [child], { env: adapterEnvironment(), timeout: 300_000 })
  return JSON.parse(stdout) as Found
}

const found = await runChild()
if (!found.adapter) console.warn(`skipped: no WebGPU adapter here (${found.reason ?? ''}). Debian's chromium package brings a software one.`)

describe.skipIf(!found.adapter)('MoBE on webgpu', () => {
  test('gradients are those of central differences in float64', () => {
    for (const [name, error] of Object.entries(found.gradients)) expect(error, name).toBeLessThan(2e-5)
  })

  test('both solvers come to the errors of the CPU', () => {
    expect(Math.abs(found.webgpu.adam / found.cpu.adam - 1)).toBeLessThan(1e-3)
    expect(Math.abs(found.webgpu.fast / found.cpu.fast - 1)).toBeLessThan(1e-3)
  })
})
