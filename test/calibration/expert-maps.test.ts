import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readExpertMaps, readMeasuredTokens } from '../../src-main/calibration/expert-maps.ts'
import type { LayerStatistics, ModelStatistics } from '../../src-main/calibration/statistics.ts'
import { writeStatistics } from '../../src-main/calibration/statistics-file.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { temporaryFolder } from '../store/example.ts'

const filled = (length: number, value: number): Float64Array => new Float64Array(length).fill(value)

/** A layer of `tokens.length` experts whose gated outputs have mean norm 0.5 + e. */
function layer(index: number, tokens: readonly number[]): LayerStatistics {
  const n = tokens.length
  return {
    layer: index, tokens: 9, residualPower: 1, attentionPower: 2, expertsPower: 3, attentionInput: filled(5, 1), attentionOutputInput: filled(6, 2),
    experts: {
      tokens: Float64Array.from(tokens), gateSum: filled(n, 7), maxOutput: filled(n, 8), outputNormSum: filled(n, 9),
      gatedOutputNormSum: Float64Array.from(tokens, (count, e) => count * (0.5 + e)), input: filled(n * 5, 10), gatedInput: filled(n * 5, 11), downInput: filled(n * 3, 12), gatedDownInput: filled(n * 3, 13),
    },
  }
}

async function written(): Promise<{ path: string; statistics: ModelStatistics }> {
  const statistics = { tokens: 9, outputInput: filled(5, 1), tokenCounts: filled(11, 2), layers: [layer(0, [4, 0, 5]), layer(1, [1, 2, 6])] }
  const path = join(temporaryFolder(), 'a.statistics')
  await writeStatistics(path, statistics)
  return { path, statistics }
}

test('tokens and mean gated norms are found where they lie', async () => {
  const { path } = await written()
  expect(await readExpertMaps(path)).toEqual({ usage: [[4, 0, 5], [1, 2, 6]], saliency: [[0.5, 0, 2.5], [0.5, 1.5, 2.5]] })
  expect(await readMeasuredTokens(path)).toBe(9)
})

test.each<[string, (bytes: Buffer) => Buffer, string]>([
  ['cut short', (bytes) => bytes.subarray(0, -8), 'truncated'],
  ['empty', () => Buffer.alloc(0), 'not-statistics'],
  ['of another kind', (bytes) => Buffer.concat([Buffer.from('GGUF'), bytes.subarray(4)]), 'not-statistics'],
  ['claiming an endless header', (bytes) => { bytes.writeUInt32LE(0xffffffff, 8); return bytes }, 'truncated'],
  ['with a header that is no JSON', (bytes) => { bytes[12] = 0x78; return bytes }, 'not-statistics'],
  ['with lengths that are none', (bytes) => Buffer.from(bytes.toString('latin1').replace('"lengths":[3', '"lengths":[9'), 'latin1'), 'truncated'],
  ['with other fields', (bytes) => Buffer.from(bytes.toString('latin1').replace('"model"', '"modal"'), 'latin1'), 'not-statistics'],
  ['of a later version', (bytes) => Buffer.from(bytes.toString('latin1').replace('"version":1', '"version":9'), 'latin1'), 'version'],
])('a file %s is refused', async (_, damage, reason) => {
  const { path } = await written()
  writeFileSync(path, damage(readFileSync(path)))
  await expectFailure(() => readExpertMaps(path), 'verification-failed', { path, reason })
})
