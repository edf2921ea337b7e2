import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { sha256OfRange } from '../../src-main/formats/positional-read.ts'
import { explainWriteFailure } from '../../src-main/formats/write-failure.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const systemError = (code: string) => Object.assign(new Error(code), { code })

test.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('%s is a full disk', (code) => {
  expect(explainWriteFailure(systemError(code), '/x', 7)).toMatchObject({ code: 'disk-full', details: { path: '/x', needed: 7 } })
})

test.each(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'])('%s is a place that cannot be written to', (code) => {
  expect(explainWriteFailure(systemError(code), '/x', 7)).toMatchObject({
    code: 'output-not-writable',
    details: { path: '/x', reason: code },
  })
})

test('anything else stays what it is', () => {
  for (const error of [systemError('EIO'), new RangeError('a bug'), 'text']) expect(explainWriteFailure(error, '/x', 7)).toBe(error)
})

test('a range of a file is hashed, and only that range', async () => {
  const file = path.join(await temporaryFolder(), 'x')
  const bytes = new Uint8Array(20_000_000)
  for (let i = 0; i < bytes.length; i++) bytes[i] = i % 253
  await writeFile(file, bytes)
  for (const [start, end] of [
    [0, 20_000_000],
    [5, 19_999_999],
    [7, 7],
    [3, 20],
  ] as const) {
    expect(await sha256OfRange(file, start, end)).toBe(createHash('sha256').update(bytes.subarray(start, end)).digest('hex'))
  }
  await expect(sha256OfRange(file, 0, 20_000_001)).rejects.toThrow(RangeError)
})
