import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packIcns, packIco } from '../../../src-main/hosts/setup/icon-files.mjs'
import { SOURCE_ROOT } from '../../../src-main/hosts/workplace.ts'

const read = (name: string): Buffer => readFileSync(join(SOURCE_ROOT, 'resources', name))

/** Width and height from a PNG's header. */
const sizeOf = (png: Buffer): [number, number] => [png.readUInt32BE(16), png.readUInt32BE(20)]

/** Types and bodies of an .icns. */
function entriesOf(icns: Buffer): [string, Buffer][] {
  const entries: [string, Buffer][] = []
  for (let at = 8; at < icns.length; at += icns.readUInt32BE(at + 4))
    entries.push([icns.toString('latin1', at, at + 4), icns.subarray(at + 8, at + icns.readUInt32BE(at + 4))])
  return entries
}

test('every picture has the size of its name', () => {
  for (const size of [16, 32, 48, 64, 128, 256, 512]) expect(sizeOf(read(`icons/${size}x${size}.png`))).toEqual([size, size])
})

test('the icons of Windows and macOS hold the same drawings', () => {
  const pictures = new Map([16, 32, 48, 64, 128, 256, 512].map((size) => [size, read(`icons/${size}x${size}.png`)]))
  const [, large] = entriesOf(read('icon.icns')).at(-1) ?? ['', Buffer.alloc(24)]
  expect(sizeOf(large)).toEqual([1024, 1024])
  expect(packIco(pictures).equals(read('icon.ico'))).toBe(true)
  expect(packIcns(pictures.set(1024, large)).equals(read('icon.icns'))).toBe(true)
})

test('an icon says where its pictures lie', () => {
  const ico = read('icon.ico')
  const count = ico.readUInt16LE(4)
  const sizes = Array.from({ length: count }, (_, index) => {
    const at = 6 + 16 * index
    const picture = ico.subarray(ico.readUInt32LE(at + 12), ico.readUInt32LE(at + 12) + ico.readUInt32LE(at + 8))
    expect(sizeOf(picture)[0] % 256).toBe(ico.readUInt8(at))
    return sizeOf(picture)[0]
  })
  expect(sizes).toEqual([16, 32, 48, 64, 128, 256])
  const icns = read('icon.icns')
  expect(icns.readUInt32BE(4)).toBe(icns.length)
  expect(entriesOf(icns).map(([type]) => type)).toEqual(['icp4', 'icp5', 'ic11', 'ic12', 'ic07', 'ic13', 'ic08', 'ic14', 'ic09', 'ic10'])
})
