/** Run by webgpu.test.ts in a process of its own, because a software adapter may crash: prints one JSON object with what it found. */
import { collectStatistics } from '../../src-main/calibration/collect.ts'
import { compareDevices } from '../../src-main/compute/self-test.ts'
import { defineGraph } from '../../src-main/compute/graph.ts'
import { openCompute } from '../../src-main/compute/session.ts'
import { hostTensor } from '../../src-main/compute/tensor-handle.ts'
import type { DeviceId } from '../../src-main/compute/tensor-handle.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { allLogits } from './pass.ts'
import { randomModel, randomWindows, TINY_SHAPE } from './tiny-model.ts'

/** Largest difference against the largest of `wanted`. */
function distance(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const scale = Array.from(wanted).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return found.length === wanted.length
    ? Array.from(wanted).reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] as number))), 0) / scale
    : Infinity
}

/** What a thrown error says, or 'nothing thrown'. */
async function message(work: () => Promise<unknown>): Promise<string> {
  return work().then(
    () => 'nothing thrown',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

async function handles(): Promise<Record<string, unknown>> {
  const gpu = openCompute({ device: 'webgpu', threads: 1 })
  const cpu = openCompute({ device: 'cpu', threads: 1 })
  const twice = defineGraph('twice', (g) => {
    const x = g.input('x', ['a', 'b', 'c'])
    g.output('y', g.call('Add', [x, x]), ['a', 'b', 'c'])
  })
  try {
    const source = hostTensor(
      Float32Array.from({ length: 24 }, (_, i) => i),
      [2, 3, 4],
    )
    const held = await gpu.upload(source)
    const { y } = await gpu.runOnDevice(twice, { x: held })
    if (y === undefined) throw new Error('no result')
    const doubled = await gpu.download(y)
    const fedToCpu = await message(() => cpu.run(twice, { x: held }))
    const downloadedByCpu = await message(() => cpu.download(held))
    held.dispose()
    const afterDispose = await message(() => gpu.run(twice, { x: held }))
    y.dispose()
    return {
      dims: doubled.dims,
      exact: distance(
        doubled.data,
        source.data.map((value) => 2 * value),
      ),
      fedToCpu,
      downloadedByCpu,
      afterDispose,
      selfTest: await compareDevices(gpu, cpu),
    }
  } finally {
    await gpu.close()
    await cpu.close()
  }
}

/** A pass with observers and logits, of more than 33 tokens a window, where fused attention went wrong. */
async function pass(device: DeviceId) {
  const forward = openForward({ device, threads: 1 })
  try {
    const model = randomModel({ ...TINY_SHAPE, layers: 1 })
    const windows = randomWindows(model.shape.vocabulary, [40, 40, 9])
    return { logits: await allLogits(forward, model, windows), statistics: await collectStatistics(forward, model, windows) }
  } finally {
    await forward.close()
  }
}

async function compare(): Promise<Record<string, number>> {
  const [wanted, found] = [await pass('cpu'), await pass('webgpu')]
  const [a, b] = [found.statistics.layers[0], wanted.statistics.layers[0]]
  if (a === undefined || b === undefined) throw new Error('no layer was measured')
  const names = ['tokens', 'gateSum', 'maxOutput', 'outputNormSum', 'input', 'gatedInput', 'downInput', 'gatedDownInput'] as const
  return {
    logits: distance(found.logits, wanted.logits),
    attentionInput: distance(a.attentionInput, b.attentionInput),
    attentionOutputInput: distance(a.attentionOutputInput, b.attentionOutputInput),
    outputInput: distance(found.statistics.outputInput, wanted.statistics.outputInput),
    ...Object.fromEntries(names.map((name) => [name, distance(a.experts[name], b.experts[name])])),
  }
}

const adapter = await message(async () => {
  const gpu = openCompute({ device: 'webgpu', threads: 1 })
  try {
    await gpu.run(
      defineGraph('hello', (g) => g.output('y', g.input('x', [1]), [1])),
      { x: hostTensor(Float32Array.of(1), [1]) },
    )
  } finally {
    await gpu.close()
  }
})
const found =
  adapter === 'nothing thrown'
    ? { adapter: true, handles: await handles(), distances: await compare() }
    : { adapter: false, reason: adapter }
process.stdout.write(JSON.stringify(found))
