import type { DeviceFacts, DeviceProfile } from '../contract/calls.ts'
import { defineGraph, linear } from './graph.ts'
import type { Graph } from './graph.ts'
import { compareDevices } from './self-test.ts'
import { bundledDevices, openCompute, RUNTIME_VERSION } from './session.ts'
import type { ComputeSession } from './session.ts'
import { hostTensor } from './tensor-handle.ts'
import type { DeviceId } from './tensor-handle.ts'

const DEVICES: readonly DeviceId[] = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml']

/** Largest relative difference from the CPU that a device may show in the self-test. */
const TOLERANCE = 1e-3

/** Rows, columns and depth of the measured products; the larger is the work of one expert on 1024 tokens. */
const [SMALL, LARGE] = [256, 1024]
/** A device that would need longer for the large product is slow enough to be judged by the small one. */
const PATIENCE_MS = 500
const SHORTEST_MEASUREMENT_MS = 200

const product = (size: number): Graph =>
  defineGraph(`speed-${size}`, (g) => {
    const x = g.input('x', ['tokens', size])
    g.output('result', linear(g, x, g.input('weight', [size, size])), ['tokens', size])
  })

/** Best time of one product of `size`^3 multiply-adds, copies in and out included as in real work. Milliseconds. */
async function timeProduct(compute: ComputeSession, size: number): Promise<number> {
  const graph = product(size)
  const x = hostTensor(new Float32Array(size * size).fill(0.5), [size, size])
  const weight = await compute.upload(x)
  try {
    await compute.run(graph, { x, weight })
    let best = Infinity
    for (const begun = performance.now(); performance.now() - begun < SHORTEST_MEASUREMENT_MS;) {
      const start = performance.now()
      await compute.run(graph, { x, weight })
      best = Math.min(best, performance.now() - start)
    }
    return best
  } finally {
    weight.dispose()
  }
}

/** Measured speed of a float32 product. GFLOP/s. */
async function measureSpeed(compute: ComputeSession): Promise<number> {
  const small = await timeProduct(compute, SMALL)
  if (small * (LARGE / SMALL) ** 3 > PATIENCE_MS) return (2 * SMALL ** 3) / small / 1e6
  return (2 * LARGE ** 3) / (await timeProduct(compute, LARGE)) / 1e6
}

/** What went wrong, without the place in ONNX Runtime's source that its messages begin with. */
function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line.split(' was false. ').at(-1) ?? line
}

/**
 * Finds out whether `device` works here: opens it, compares it with the CPU over every operator the forward pass uses, and
 * measures its speed. Never throws for a device that does not work; `detail` then says why. Call it in an engine process only:
 * a broken driver can end the process.
 */
export async function probeDevice(device: DeviceId, threads = 0): Promise<DeviceProfile> {
  const absent = (detail: DeviceFacts): DeviceProfile => ({ device, available: false, detail, gflops: null })
  if (!bundledDevices().includes(device)) return absent({ reason: 'not-in-runtime', runtime: RUNTIME_VERSION })
  const compute = openCompute({ device, threads })
  const reference = openCompute({ device: 'cpu', threads })
  try {
    const difference = await compareDevices(compute, reference)
    if (!(difference < TOLERANCE)) return absent({ reason: 'differs-from-processor', difference: difference.toExponential(1) })
    const runtime = RUNTIME_VERSION
    const detail: DeviceFacts =
      device === 'cpu' ? { reason: 'runs-on-threads', runtime, threads: compute.threads } : { reason: 'passes-self-test', runtime }
    return { device, available: true, detail, gflops: await measureSpeed(compute) }
  } catch (error) {
    // Whatever a driver throws is an answer to the question asked.
    return absent({ said: reasonOf(error) })
  } finally {
    await compute.close()
    await reference.close()
  }
}

/** Every device, one after the other: two at once would measure each other. */
export async function probeDevices(threads = 0): Promise<DeviceProfile[]> {
  const profiles: DeviceProfile[] = []
  for (const device of DEVICES) profiles.push(await probeDevice(device, threads))
  return profiles
}
