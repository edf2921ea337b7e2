import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readExpertMaps, readMeasuredTokens } from '../../src-main/calibration/expert-maps.ts'
import { writeStatistics } from '../../src-main/calibration/statistics-file.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { temporaryFolder } from '../store/example.ts'
import { modelStatistics } from './made-up-statistics.ts'

async function written(): Promise<string> {
  const path = join(temporaryFolder(), 'a.statistics')
  await writeStatistics(
    path,
    modelStatistics([
      [4, 0, 5],
      [1, 2, 6],
    ]),
  )
  return path
}

test('tokens and mean gated norms are found where they lie', async () => {
  const path = await written()
  expect(await readExpertMaps(path)).toEqual({
    usage: [
      [4, 0, 5],
      [1, 2, 6],
    ],
    saliency: [
      [0.5, 0, 2.5],
      [0.5, 1.5, 2.5],
    ],
  })
  expect(await readMeasuredTokens(path)).toBe(9)
})

test.each<[string, (bytes: Buffer) => Buffer, string]>([
  ['cut short', (bytes) => bytes.subarray(0, -8), 'truncated'],
  ['empty', () => Buffer.alloc(0), 'not-statistics'],
  ['of another kind', (bytes) => Buffer.concat([Buffer.from('GGUF'), bytes.subarray(4)]), 'not-statistics'],
  [
    'claiming an endless header',
    (bytes) => {
      bytes.writeUInt32LE(0xffffffff, 8)
      return bytes
    },
    'truncated',
  ],
  [
    'with a header that is no JSON',
    (bytes) => {
      bytes[12] = 0x78
      return bytes
    },
    'not-statistics',
  ],
  [
    'with lengths that are none',
    (bytes) => Buffer.from(bytes.toString('latin1').replace('"lengths":[3', '"lengths":[9'), 'latin1'),
    'truncated',
  ],
  ['with other fields', (bytes) => Buffer.from(bytes.toString('latin1').replace('"model"', '"modal"'), 'latin1'), 'not-statistics'],
  ['of a later version', (bytes) => Buffer.from(bytes.toString('latin1').replace('"version":2', '"version":9'), 'latin1'), 'version'],
])('a file %s is refused', async (_, damage, reason) => {
  const path = await written()
  writeFileSync(path, damage(readFileSync(path)))
  await expectFailure(() => readExpertMaps(path), 'verification-failed', { path, reason })
})
