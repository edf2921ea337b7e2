/** Run by mobe-webgpu.test.ts in a process of its own, because a software adapter may crash: prints one JSON object with what it found. */
import { defineGraph } from '../../src-main/compute/graph.ts'
import { openCompute } from '../../src-main/compute/session.ts'
import { hostTensor } from '../../src-main/compute/tensor-handle.ts'
import { learnWithAdam } from '../../src-main/factors/mobe/adam.ts'
import { learnFast } from '../../src-main/factors/mobe/fast.ts'
import { gradientErrors } from './mobe-differences.ts'
import { mobeMath, problemOf, SMALL, structuredWeights } from './mobe-layer.ts'

async function adapterProblem(): Promise<string | null> {
  const gpu = openCompute({ device: 'webgpu', threads: 1 })
  try {
    await gpu.run(
      defineGraph('hello', (g) => g.output('y', g.input('x', [1]), [1])),
      { x: hostTensor(Float32Array.of(1), [1]) },
    )
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await gpu.close()
  }
}

async function learn(device: 'cpu' | 'webgpu'): Promise<{ adam: number; fast: number }> {
  const compute = openCompute({ device, threads: 1 })
  try {
    const problem = problemOf(SMALL, structuredWeights(SMALL))
    const adam = await learnWithAdam(mobeMath(compute), problem, { maxSteps: 10 })
    const fast = await learnFast(mobeMath(compute), problem, { maxSteps: 5 })
    return { adam: adam.relativeError, fast: fast.relativeError }
  } finally {
    await compute.close()
  }
}

async function gradients(): Promise<Record<string, number>> {
  const gpu = openCompute({ device: 'webgpu', threads: 1 })
  try {
    return await gradientErrors(gpu, 'silu')
  } finally {
    await gpu.close()
  }
}

const reason = await adapterProblem()
const found =
  reason === null
    ? { adapter: true, gradients: await gradients(), cpu: await learn('cpu'), webgpu: await learn('webgpu') }
    : { adapter: false, reason }
process.stdout.write(JSON.stringify(found))
