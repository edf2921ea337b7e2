import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { askNvidia, linuxMemory, parseNvidia, toCards, type Controller } from '../../src-main/hosts/graphics-cards.ts'
import { temporaryFolder } from '../store/example.ts'

const GIB = 2 ** 30
const controller = (changes: Partial<Controller>): Controller => ({ vendor: '', model: '', vram: null, vramDynamic: false, ...changes })

test("NVIDIA's lines are read in MiB, and what it does not know is not known", () => {
  expect(parseNvidia('NVIDIA GeForce RTX 4090, 24576, 23552\r\nNVIDIA GB10, [N/A], [N/A]\n\n')).toEqual([
    { name: 'NVIDIA GeForce RTX 4090', totalBytes: 24 * GIB, freeBytes: 23 * GIB },
    { name: 'NVIDIA GB10', totalBytes: null, freeBytes: null },
  ])
})

test("a machine without NVIDIA's program has no word from it", async () => {
  expect(await askNvidia('no-such-program-as-this')).toBeNull()
  expect(await askNvidia('false')).toBeNull()
})

test('a card is listed once, by whoever knows more of it', async () => {
  const nvidia = [{ name: 'NVIDIA RTX 2000', totalBytes: 8 * GIB, freeBytes: 7 * GIB }]
  const seen = [
    controller({ vendor: 'NVIDIA', model: 'AD107', vram: 8188 }),
    controller({ vendor: 'AMD', model: 'AMD Radeon 780M', vram: 512 }),
    controller({ vendor: 'Microsoft', model: 'Microsoft Basic Render Driver' }),
  ]
  expect(await toCards(seen, nvidia, 'win32')).toEqual([...nvidia, { name: 'AMD Radeon 780M', totalBytes: 512 * 2 ** 20, freeBytes: null }])
  expect(await toCards(seen, null, 'win32')).toMatchObject([
    { name: 'NVIDIA AD107', totalBytes: 8188 * 2 ** 20, freeBytes: null },
    { name: 'AMD Radeon 780M' },
  ])
})

test('memory a card shares with the processor is not its own', async () => {
  expect(await toCards([controller({ vendor: 'Apple', model: 'Apple M3', vram: 8192, vramDynamic: true })], null, 'darwin')).toEqual([
    { name: 'Apple M3', totalBytes: null, freeBytes: null },
  ])
})

test('on Linux the driver is believed, the size of the window is not', async () => {
  const devices = temporaryFolder()
  const card = join(devices, '0000:03:00.0')
  mkdirSync(card)
  writeFileSync(join(card, 'mem_info_vram_total'), `${16 * GIB}\n`)
  writeFileSync(join(card, 'mem_info_vram_used'), `${GIB}\n`)
  expect(await linuxMemory('03:00.0', devices)).toEqual({ totalBytes: 16 * GIB, freeBytes: 15 * GIB })
  expect(await linuxMemory('0000:03:00.0', devices)).toMatchObject({ totalBytes: 16 * GIB })
  for (const address of ['04:00.0', '../../etc', undefined])
    expect(await linuxMemory(address, devices)).toEqual({ totalBytes: null, freeBytes: null })
  expect(await toCards([controller({ vendor: 'Intel', model: 'Arc', vram: 256, busAddress: 'ff:00.0' })], null, 'linux')).toEqual([
    { name: 'Intel Arc', totalBytes: null, freeBytes: null },
  ])
})
