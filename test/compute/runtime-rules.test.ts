import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Dimension } from '../../src-main/compute/onnx-writer.ts'
import { attentionGraph } from '../../src-main/forward/attention.ts'
import { expertGraph } from '../../src-main/forward/expert.ts'
import { sourceFiles } from '../architecture/tree.ts'
import { TINY_SHAPE } from '../forward/tiny-model.ts'

/**
 * The rules ONNX Runtime 1.30 taught, each hit once in a prototype, and what holds each. Those held by behavior are tested
 * in session.test.ts (1-3: no worker thread, no window process; 5: handles), onnx-writer.test.ts (6, 7, 8) and
 * forward/webgpu.test.ts (4, 5 on a real adapter); here are the rules that only the source can break.
 */
const session = readFileSync(join(import.meta.dirname, '../../src-main/compute/session.ts'), 'utf8')

describe('rules of the runtime', () => {
  test('4: GPU buffers are never read in place, only through an Identity graph', () => {
    expect(session).not.toMatch(/getData|downloader/)
    expect(session).toContain('defineGraph(`identity-${rank}`')
  })

  test('9: sessions are never given buffers to fill, which would copy twice', () => {
    expect(session.match(/session\.run\(/g)).toHaveLength(1)
    expect(session).toMatch(/await session\.run\(tensors\)\)/)
  })

  test('9: an observer adds nothing per token but one norm', () => {
    const added = (
      plain: { outputs: readonly { name: string }[] },
      observed: { outputs: readonly { name: string; dims: readonly Dimension[] }[] },
    ) => observed.outputs.filter(({ name }) => !plain.outputs.some((output) => output.name === name)).map(({ dims }) => dims)
    const attention = added(
      attentionGraph(TINY_SHAPE, 0, 2, 64, { sums: false, inputs: false, received: false }),
      attentionGraph(TINY_SHAPE, 0, 2, 64, { sums: true, inputs: false, received: false }),
    )
    expect(attention.flat().every((size) => typeof size === 'number')).toBe(true)
    const expert = added(expertGraph(32, 24, 'plain'), expertGraph(32, 24, 'sums'))
    expect(expert.filter((dims) => dims.includes('tokens'))).toEqual([['tokens']])
  })

  test('1, 3: threads are started nowhere that loads the runtime', () => {
    const loaders = sourceFiles('src-main').filter(({ path }) => /^src-main\/(compute|forward|calibration)\//.test(path))
    expect(loaders.length).toBeGreaterThan(10)
    expect(loaders.filter(({ text }) => /\bnew Worker\(/.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('a graph depends on nothing but its id: made twice, it has the same bytes', () => {
    const make = () => attentionGraph(TINY_SHAPE, 0, 3, 200, { sums: true, inputs: true, received: true })
    expect(make().encode()).toEqual(make().encode())
    expect(attentionGraph(TINY_SHAPE, 0, 3, 200, { sums: true, inputs: true, received: true }).id).not.toBe(
      attentionGraph({ ...TINY_SHAPE, normEpsilon: 1e-5 }, 0, 3, 200, { sums: true, inputs: true, received: true }).id,
    )
  })
})
