import { createHash } from 'node:crypto'
import * as z from 'zod'
import { walkLayers } from '../calibration/walk-layers.ts'
import type { Calibration } from './calibrate.ts'
import { EncodePool } from './encode-pool.ts'
import { keepJson, readKeptJson } from './kept-json.ts'
import type { RunProgress } from './progress.ts'
import type { Tools } from './tools.ts'
import { measureOf } from './way.ts'
import type { Way } from './way.ts'

/** Raised whenever a method's measurement changes what it would say. */
const VERSION = 1

const LayersFile = z.object({ version: z.literal(VERSION), layers: z.array(z.unknown()) })

/**
 * What the method's own look at every layer found, in layer order; empty for methods that need none. Kept beside the calibration, layer by
 * layer: a stopped measurement goes on where it was, and a new budget finds it done.
 * Throws the signal's reason, ExpectedError 'tensor-not-finite', 'disk-full' or 'work-folder-not-writable'.
 */
export async function measureLayers(input: {
  way: Way
  tools: Tools
  calibration: Calibration
  windows: readonly Int32Array[]
  parameters: Readonly<Record<string, unknown>>
  seed: number
  signal: AbortSignal
  progress: RunProgress
}): Promise<readonly unknown[]> {
  const { way, tools, calibration, windows, parameters, seed, signal, progress } = input
  const measure = measureOf(way)
  if (measure === null) return []
  const key = createHash('sha256')
    .update(JSON.stringify([VERSION, way.format === 'gguf', measure.key(parameters), seed]))
    .digest('hex')
    .slice(0, 16)
  const path = `${calibration.path}.${way.method.id}-${key}.json`
  const kept = LayersFile.safeParse(await readKeptJson(path))
  const layers = kept.success ? [...kept.data.layers] : []
  const { shape } = tools.source.model
  if (layers.length >= shape.layers) return layers
  const pool = new EncodePool(tools.kernels, tools.threads, signal)
  try {
    const walk = walkLayers(tools.forward, tools.source.model, windows, {
      kernels: tools.kernels,
      rounding: pool,
      signal,
      from: layers.length,
      attention: false,
      onProgress: (layer, share) => progress.at((layer + share / 2) / shape.layers, layer),
    })
    for await (const layer of walk) {
      layers.push(await measure.run(layer, parameters, seed))
      await keepJson(path, { version: VERSION, layers })
      progress.at((layer.index + 1) / shape.layers, layer.index)
    }
    return layers
  } finally {
    await pool.close()
  }
}
