import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { defineGraph, linear } from '../../src-main/compute/graph.ts'
import { openCompute } from '../../src-main/compute/session.ts'
import { DeviceTensor, hostTensor } from '../../src-main/compute/tensor-handle.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'

const product = defineGraph('product', (g) => {
  const x = g.input('x', ['rows', 'inner'])
  g.output('y', linear(g, x, g.input('weight', ['columns', 'inner'])), ['rows', 'columns'])
})
const x = hostTensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])
const weight = hostTensor(Float32Array.of(1, 0, 0, 1, 1, 1), [2, 3])

describe('a session on the CPU', () => {
  const compute = openCompute({ device: 'cpu', threads: 1 })
  afterAll(() => compute.close())

  test('runs a graph on whatever sizes are fed', async () => {
    const { y } = await compute.run(product, { x, weight })
    expect(y).toEqual({ data: Float32Array.of(1, 6, 4, 15), dims: [2, 2] })
    const { y: one } = await compute.run(product, {
      x: hostTensor(Float32Array.of(2), [1, 1]),
      weight: hostTensor(Float32Array.of(3), [1, 1]),
    })
    expect(one?.data).toEqual(Float32Array.of(6))
  })

  test('reads a view into a larger array in place', async () => {
    const large = Float32Array.of(9, 9, 1, 2, 3, 4, 5, 6, 9)
    expect((await compute.run(product, { x: hostTensor(large.subarray(2, 8), [2, 3]), weight })).y?.data).toEqual(
      Float32Array.of(1, 6, 4, 15),
    )
  })

  test('takes weights held on the device, and gives them back', async () => {
    const held = await compute.upload(weight)
    expect((await compute.run(product, { x, weight: held })).y?.data).toEqual(Float32Array.of(1, 6, 4, 15))
    expect(await compute.download(held)).toEqual(weight)
    held.dispose()
    held.dispose()
    await expect(compute.run(product, { x, weight: held })).rejects.toThrow('disposed')
    await expect(compute.download(held)).rejects.toThrow('disposed')
  })

  test('leaves results on the device when asked, to be fed on', async () => {
    const { y } = await compute.runOnDevice(product, { x, weight })
    if (y === undefined) throw new Error('no result')
    expect((await compute.run(product, { x: y, weight: y })).y?.data).toEqual(Float32Array.of(37, 94, 94, 241))
    y.dispose()
  })

  test('refuses a tensor of another device: read there it would be random memory', async () => {
    const foreign = new DeviceTensor('webgpu', [2, 3], () => {})
    await expect(compute.run(product, { x: foreign, weight })).rejects.toThrow('a tensor on webgpu was given to a session on cpu')
    await expect(compute.download(foreign)).rejects.toThrow('a tensor on webgpu was given to a session on cpu')
  })

  test('refuses a missing input, wrong sizes, and two graphs of one name', async () => {
    await expect(compute.run(product, { x })).rejects.toThrow('lacks its input weight')
    expect(() => hostTensor(new Float32Array(5), [2, 3])).toThrow(RangeError)
    const impostor = defineGraph('product', (g) => g.output('y', g.input('x', [1]), [1]))
    await expect(compute.run(impostor, { x: hostTensor(Float32Array.of(1), [1]) })).rejects.toThrow('two graphs are called product')
  })

  test('an equal graph made again is the same graph', async () => {
    const again = defineGraph('product', (g) => {
      const x = g.input('x', ['rows', 'inner'])
      g.output('y', linear(g, x, g.input('weight', ['columns', 'inner'])), ['rows', 'columns'])
    })
    expect((await compute.run(again, { x, weight })).y?.data).toEqual(Float32Array.of(1, 6, 4, 15))
  })

  test('tells a graph too large for memory apart from a bug', async () => {
    const huge = defineGraph('huge', (g) => g.output('y', g.call('Add', [g.input('a', ['n', 1]), g.input('b', [1, 'm'])]), ['n', 'm']))
    const vector = new Float32Array(2 ** 22)
    const error = await compute
      .run(huge, { a: hostTensor(vector, [2 ** 22, 1]), b: hostTensor(vector, [1, 2 ** 22]) })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'out-of-memory' })
  })

  test('gives the same bits every time with two threads', async () => {
    const two = openCompute({ device: 'cpu', threads: 2 })
    try {
      const random = seededRandom(3)
      const big = hostTensor(Float32Array.from({ length: 400 * 300 }, random), [400, 300])
      const first = await two.run(product, { x: big, weight: big })
      for (let i = 0; i < 5; i++) expect((await two.run(product, { x: big, weight: big })).y?.data).toEqual(first.y?.data)
    } finally {
      await two.close()
    }
  })

  test('is of no use once closed', async () => {
    const closed = openCompute({ device: 'cpu', threads: 1 })
    await closed.close()
    await expect(closed.run(product, { x, weight })).rejects.toThrow('closed')
  })
})

describe('where graphs may run', () => {
  afterEach(() => {
    Reflect.deleteProperty(process, 'type')
  })

  test.each(['browser', 'renderer'])("not in Electron's %s process", (kind) => {
    Object.defineProperty(process, 'type', { value: kind, configurable: true })
    expect(() => openCompute({ device: 'cpu', threads: 1 })).toThrow('child process')
  })

  test('not in a worker thread', async () => {
    const session = new URL('../../src-main/compute/session.ts', import.meta.url).href
    const script = `import('${session}').then(({ openCompute }) => openCompute({ device: 'cpu', threads: 1 }))
      .then(() => 'opened', (error) => error.message).then((said) => require('node:worker_threads').parentPort.postMessage(said))`
    const worker = new Worker(script, { eval: true })
    const said = await new Promise((resolve, reject) => {
      worker.on('message', resolve)
      worker.on('error', reject)
    })
    expect(said).toContain('never in a worker thread')
  })
})
