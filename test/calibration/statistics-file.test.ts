import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectStatistics } from '../../src-main/calibration/collect.ts'
import type { ModelStatistics } from '../../src-main/calibration/statistics.ts'
import { readStatistics, writeStatistics } from '../../src-main/calibration/statistics-file.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { randomModel, randomWindows, TINY_SHAPE } from '../forward/tiny-model.ts'

const folder = mkdtempSync(join(tmpdir(), 'whittle-statistics-'))
const path = join(folder, 'a.statistics')
afterAll(() => rmSync(folder, { recursive: true }))

describe('the statistics file', () => {
  let statistics: ModelStatistics
  beforeAll(async () => {
    const forward = openForward({ device: 'cpu', threads: 1 })
    try {
      statistics = await collectStatistics(forward, randomModel(), randomWindows(TINY_SHAPE.vocabulary, [40, 40]))
    } finally {
      await forward.close()
    }
    await writeStatistics(path, statistics)
  })

  test('reads back exactly what was written', async () => {
    expect(await readStatistics(path)).toEqual(statistics)
  })

  test('gives the same bytes for the same statistics, and leaves nothing else behind', async () => {
    await writeStatistics(join(folder, 'b.statistics'), structuredClone(statistics))
    expect(readFileSync(join(folder, 'b.statistics')).equals(readFileSync(path))).toBe(true)
    expect(readdirSync(folder).sort()).toEqual(['a.statistics', 'b.statistics'])
  })

  test.skipIf(process.platform === 'win32')("is its user's alone: what the text was shows in it", () => {
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('replaces an older file in one step', async () => {
    const target = join(folder, 'b.statistics')
    await writeStatistics(target, { ...statistics, tokens: 1 })
    expect((await readStatistics(target)).tokens).toBe(1)
  })

  const original = () => readFileSync(path)
  test.each([
    ['cut short', () => original().subarray(0, -8), 'checksum'],
    ['cut to almost nothing', () => original().subarray(0, 10), 'truncated'],
    ['empty', () => Buffer.alloc(0), 'truncated'],
    ['of another kind', () => Buffer.concat([Buffer.from('GGUF'), original().subarray(4)]), 'not-statistics'],
    ['changed by one bit in an array', () => flipped(original(), original().length - 100), 'checksum'],
    ['changed by one bit in the header', () => flipped(original(), 40), 'checksum'],
    [
      'claiming an endless header',
      () => {
        const bytes = original()
        bytes.writeUInt32LE(0xffffffff, 8)
        return bytes
      },
      'truncated',
    ],
  ])('refuses a file %s', async (_, make, reason) => {
    const damaged = join(folder, 'damaged')
    writeFileSync(damaged, make())
    await expect(readStatistics(damaged)).rejects.toMatchObject({ code: 'verification-failed', details: { path: damaged, reason } })
  })

  test('names a file that is not there', async () => {
    await expect(readStatistics(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'verification-failed',
      details: { reason: 'missing' },
    })
  })

  test('names a folder that cannot be written to', async () => {
    const missing = join(folder, 'missing', 'a.statistics')
    await expect(writeStatistics(missing, statistics)).rejects.toMatchObject({
      code: 'work-folder-not-writable',
      details: { path: missing },
    })
  })
})

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] as number) ^ 1
  return bytes
}
