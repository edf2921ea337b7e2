import { existsSync } from 'node:fs'
import { appendFile, mkdir, open, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { layoutGguf } from '../../../src-main/formats/gguf/layout.ts'
import { GgufWriter, partialPath, spanOf } from '../../../src-main/formats/gguf/writer.ts'
import { sha256OfRange } from '../../../src-main/formats/positional-read.ts'
import { seededRandom } from '../../../src-main/tensor/random.ts'
import { expectFailure, failureOf } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'

const LAYOUT = layoutGguf(new Map([['general.name', { type: 'string', value: 'test' }]]), [
  { name: 'embedding', type: 'F16', shape: [5, 3] },
  { name: 'a.weight', type: 'Q8_0', shape: [3, 32] },
  { name: 'b.weight', type: 'Q8_0', shape: [1, 32] },
  { name: 'norm', type: 'F32', shape: [8] },
])

const random = seededRandom(2)
const DATA = new Map(LAYOUT.tensors.map(({ name, bytes }) => [name, Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256))]))
const dataOf = (name: string) => DATA.get(name) ?? new Uint8Array(0)

/** The file as it must be, put together without the writer. */
function wholeFile(): Uint8Array {
  const file = new Uint8Array(LAYOUT.fileBytes)
  file.set(LAYOUT.headerBytes)
  for (const { name, position } of LAYOUT.tensors) file.set(dataOf(name), position)
  return file
}

async function writeAll(writer: GgufWriter, names: readonly string[], pieceBytes = 1000): Promise<void> {
  for (const name of names) {
    for (let at = 0; at < dataOf(name).byteLength; at += pieceBytes) await writer.write(name, dataOf(name).subarray(at, at + pieceBytes))
  }
}

const NAMES = LAYOUT.tensors.map(({ name }) => name)
const target = async () => path.join(await temporaryFolder(), 'model.gguf')

describe('writing', () => {
  test.each([1, 7, 1000])('pieces of %i bytes give the planned file', async (pieceBytes) => {
    const file = await target()
    const writer = await GgufWriter.create(file, LAYOUT)
    await writeAll(writer, NAMES, pieceBytes)
    expect(writer.position).toBe(LAYOUT.fileBytes)
    expect(await readdir(path.dirname(file))).toEqual(['model.gguf.partial'])
    await writer.finish()
    expect(await readdir(path.dirname(file))).toEqual(['model.gguf'])
    expect(Buffer.compare(await readFile(file), wholeFile())).toBe(0)
  })

  test('tensors out of turn, too long, or missing at the end are bugs', async () => {
    const writer = await GgufWriter.create(await target(), LAYOUT)
    try {
      expect(await failureOf(() => writer.write('norm', dataOf('norm')))).toBeInstanceOf(RangeError)
      expect(await failureOf(() => writer.write('embedding', new Uint8Array(31)))).toBeInstanceOf(RangeError)
      expect(await failureOf(() => writer.finish())).toBeInstanceOf(RangeError)
    } finally {
      await writer.abort()
    }
  })

  test('a file that is there is kept, unless it may be replaced', async () => {
    const file = await target()
    await writeFile(file, 'precious')
    await expectFailure(() => GgufWriter.create(file, LAYOUT), 'output-exists', { path: file })
    expect(await readdir(path.dirname(file))).toEqual(['model.gguf'])
    const writer = await GgufWriter.create(file, LAYOUT, { overwrite: true })
    await writeAll(writer, NAMES)
    expect(await readFile(file, 'utf8')).toBe('precious')
    await writer.finish()
    expect((await readFile(file)).byteLength).toBe(LAYOUT.fileBytes)
  })

  test('a file that appears while writing is kept too', async () => {
    const file = await target()
    const writer = await GgufWriter.create(file, LAYOUT)
    await writeAll(writer, NAMES)
    await writeFile(file, 'precious')
    await expectFailure(() => writer.finish(), 'output-exists', { path: file })
    expect(await readFile(file, 'utf8')).toBe('precious')
  })

  test('a partial file changed behind the writer is not given the final name', async () => {
    const file = await target()
    const writer = await GgufWriter.create(file, LAYOUT)
    await writeAll(writer, NAMES)
    await appendFile(partialPath(file), 'x')
    await expectFailure(() => writer.finish(), 'output-changed')
    expect(existsSync(file)).toBe(false)
  })

  test('bytes that another program wrote over ours are found before the file gets its name', async () => {
    const file = await target()
    const writer = await GgufWriter.create(file, LAYOUT)
    await writeAll(writer, NAMES)
    await writer.sync()
    const span = writer.spanOf(['a.weight', 'b.weight'])
    const written = [{ ...span, sha256: await sha256OfRange(partialPath(file), span.start, span.end) }]
    const other = await open(partialPath(file), 'r+')
    await other.write(new Uint8Array([1, 2, 3, 4]), 0, 4, span.start + 1)
    await other.close()
    await expectFailure(() => writer.finish(written), 'output-changed')
    expect(existsSync(file)).toBe(false)
  })

  test('a partial file that was taken away is told as that', async () => {
    const file = await target()
    const writer = await GgufWriter.create(file, LAYOUT)
    await writeAll(writer, NAMES)
    await rm(partialPath(file))
    await expectFailure(() => writer.finish(), 'output-changed', { reason: 'gone' })
  })

  test("somebody's file under the temporary name is not cut", async () => {
    const file = await target()
    await writeFile(partialPath(file), 'precious')
    await expectFailure(() => GgufWriter.create(file, LAYOUT, { overwrite: true, replacePartial: false }), 'output-exists', {
      path: partialPath(file),
      reason: 'temporary-name',
    })
    expect(await readFile(partialPath(file), 'utf8')).toBe('precious')
  })

  test('no folder, a file in place of a folder, a folder in place of the partial file', async () => {
    const folder = await temporaryFolder()
    await writeFile(path.join(folder, 'file'), '')
    await mkdir(path.join(folder, 'taken.gguf.partial'))
    for (const name of ['none/x.gguf', 'file/x.gguf', 'taken.gguf']) {
      const file = path.join(folder, name)
      await expectFailure(() => GgufWriter.create(file, LAYOUT), 'output-not-writable', { path: file })
    }
  })

  test.skipIf(!existsSync('/dev/full'))('a full disk says so, with the bytes still needed', async () => {
    const file = await target()
    await symlink('/dev/full', partialPath(file))
    await expectFailure(() => GgufWriter.create(file, LAYOUT), 'disk-full', { path: file, needed: LAYOUT.fileBytes })
  })

  test('abort keeps the partial file or removes it', async () => {
    const file = await target()
    await (await GgufWriter.create(file, LAYOUT)).abort()
    expect(existsSync(partialPath(file))).toBe(true)
    await (await GgufWriter.create(file, LAYOUT)).abort('remove')
    expect(existsSync(partialPath(file))).toBe(false)
  })
})

describe('going on', () => {
  /** A partial file that broke off somewhere inside the third tensor. */
  async function brokenOff(): Promise<string> {
    const file = await target()
    const writer = await GgufWriter.create(file, LAYOUT)
    await writeAll(writer, ['embedding', 'a.weight'])
    await writer.write('b.weight', dataOf('b.weight').subarray(0, 5))
    await writer.sync()
    await writer.abort()
    return file
  }

  test.each([['embedding'], ['a.weight'], ['b.weight']])('at %s gives the same bytes', async (next) => {
    const file = await brokenOff()
    const writer = await GgufWriter.resume(file, LAYOUT, spanOf(LAYOUT, [next]).start)
    await writeAll(writer, NAMES.slice(NAMES.indexOf(next)))
    await writer.finish()
    expect(Buffer.compare(await readFile(file), wholeFile())).toBe(0)
  })

  test('after the last tensor only finishes', async () => {
    const file = await target()
    const first = await GgufWriter.create(file, LAYOUT)
    await writeAll(first, NAMES)
    await first.abort()
    await (await GgufWriter.resume(file, LAYOUT, LAYOUT.fileBytes)).finish()
    expect(Buffer.compare(await readFile(file), wholeFile())).toBe(0)
  })

  test('is refused when the partial file is gone, shorter than the journal, or another one', async () => {
    const file = await brokenOff()
    const kept = spanOf(LAYOUT, ['b.weight']).start
    await expectFailure(() => GgufWriter.resume(`${file}x`, LAYOUT, kept), 'run-not-resumable')
    const other = layoutGguf(new Map([['general.name', { type: 'string', value: 'TEST' }]]), LAYOUT.tensors)
    await expectFailure(() => GgufWriter.resume(file, other, kept), 'run-not-resumable')
    await truncate(partialPath(file), kept - 1)
    await expectFailure(() => GgufWriter.resume(file, LAYOUT, kept), 'run-not-resumable', { bytes: kept - 1, expected: kept })
    expect(await failureOf(() => GgufWriter.resume(file, LAYOUT, kept - 1))).toBeInstanceOf(RangeError)
  })

  test('a refused resume leaves the partial file as it was', async () => {
    const file = await brokenOff()
    const before = await readFile(partialPath(file))
    const other = layoutGguf(new Map([['general.name', { type: 'string', value: 'TEST' }]]), LAYOUT.tensors)
    await failureOf(() => GgufWriter.resume(file, other, LAYOUT.headerBytes.byteLength))
    expect(Buffer.compare(await readFile(partialPath(file)), before)).toBe(0)
  })
})

test('a span covers neighbors with their padding, and only neighbors', () => {
  const { start, end } = spanOf(LAYOUT, ['a.weight', 'b.weight'])
  expect(start).toBe(LAYOUT.headerBytes.byteLength + 32)
  expect(end - start).toBe(128 + 64)
  for (const names of [['b.weight', 'a.weight'], ['a.weight', 'norm'], ['norm', 'x'], ['x'], []]) {
    expect(() => spanOf(LAYOUT, names)).toThrow(RangeError)
  }
})
