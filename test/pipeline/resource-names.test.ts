import { mkdirSync } from 'node:fs'
import { join, posix, win32 } from 'node:path'
import { expect, test } from 'vitest'
import { ExpectedError, toErrorShape } from '../../src-main/contract/errors.ts'
import { isInResources, nameAll, nameOf, nameRecipe, resourcePlaceOf } from '../../src-main/pipeline/resource-names.ts'
import { recipe, temporaryFolder } from '../store/example.ts'

const HERE = '/tmp/.mount_b/app/resources'

test.each([
  [`${HERE}/demo-model`, 'whittle:demo-model'],
  [`${HERE}/demo-model/`, 'whittle:demo-model'],
  [`${HERE}/text/../demo-model/config.json`, 'whittle:demo-model/config.json'],
  ['/tmp/.mount_a/app/resources/demo-model', 'whittle:demo-model'],
  ['/tmp/.mount_a/app/resources/demo-model/config.json', 'whittle:demo-model/config.json'],
  ['Whittle:demo-model', 'whittle:demo-model'],
  [HERE, HERE],
  ['/tmp/.mount_b/app/resources-of-mine/demo-model', '/tmp/.mount_b/app/resources-of-mine/demo-model'],
  ['/tmp/.mount_a/app/resources/other', '/tmp/.mount_a/app/resources/other'],
  ['/tmp/.mount_a/resources/demo-model/../../x', '/tmp/.mount_a/resources/demo-model/../../x'],
  ['resources/demo-model', 'resources/demo-model'],
  ['whittle:../x', 'whittle:../x'],
  ['/models/tiny', '/models/tiny'],
])('%s is kept as %s', (path, name) => {
  expect(nameOf(path, HERE, posix)).toBe(name)
})

test('on Windows any separator and any case will do', () => {
  const here = 'C:\\Program Files\\Whittle\\resources'
  expect(nameOf('c:/program files/WHITTLE/resources/demo-model', here, win32)).toBe('whittle:demo-model')
  expect(nameOf('D:\\Old\\resources\\demo-model\\config.json', here, win32)).toBe('whittle:demo-model/config.json')
  expect(nameOf('D:\\models\\tiny', here, win32)).toBe('D:\\models\\tiny')
  expect(resourcePlaceOf('whittle:demo-model\\config.json', here, win32)).toBe(`${here}\\demo-model\\config.json`)
  expect(resourcePlaceOf('whittle:C:\\x', here, win32)).toBe('whittle:C:\\x')
})

test("a name lies in today's folder, also where an older version kept a path; what leaves the folder lies nowhere", () => {
  expect(resourcePlaceOf('whittle:demo-model', HERE, posix)).toBe(`${HERE}/demo-model`)
  expect(resourcePlaceOf('/tmp/.mount_a/app/resources/demo-model', HERE, posix)).toBe(`${HERE}/demo-model`)
  for (const path of ['whittle:../../etc', 'whittle:/etc', '/models/tiny', 'models/tiny'])
    expect(resourcePlaceOf(path, HERE, posix)).toBe(path)
})

test('a demo model of another program folder that is still there is itself', () => {
  const other = join(temporaryFolder(), 'resources', 'demo-model')
  expect(nameOf(other, HERE)).toBe('whittle:demo-model')
  mkdirSync(other, { recursive: true })
  expect(nameOf(other, HERE)).toBe(other)
})

test('what a recipe reads is named; where it writes is not', () => {
  const outPath = `${HERE}/out.gguf`
  const named = nameRecipe(
    recipe({ modelPath: `${HERE}/demo-model`, corpusPath: `${HERE}/text/calibration.txt`, heldOutPath: '/t/h.txt', outPath }),
    HERE,
  )
  expect(named).toMatchObject({
    modelPath: 'whittle:demo-model',
    corpusPath: 'whittle:text/calibration.txt',
    heldOutPath: '/t/h.txt',
    outPath,
  })
})

test('an error says the name in its details and so in its message, wherever it is told', () => {
  const error = toErrorShape(
    new ExpectedError('corpus-overlap', { heldOut: '/t/h.txt', calibration: `${HERE}/text/calibration.txt`, share: 0.5, limit: 0.1 }),
  )
  const item = { id: 'text', state: 'stop', details: { paths: [`${HERE}/demo-model`], error } }
  const expected = new ExpectedError('corpus-overlap', {
    heldOut: '/t/h.txt',
    calibration: 'whittle:text/calibration.txt',
    share: 0.5,
    limit: 0.1,
  })
  expect(nameAll(item, HERE)).toEqual({
    id: 'text',
    state: 'stop',
    details: { paths: ['whittle:demo-model'], error: toErrorShape(expected) },
  })
  const bug = toErrorShape(new Error(`EIO: ${HERE}/x`))
  expect(nameAll({ a: null, bug, n: 1 }, HERE)).toEqual({ a: null, bug, n: 1 })
})

test('what lies in the folder is told from what does not', () => {
  expect([HERE, `${HERE}/x`, `${HERE}/demo-model/../x/y`].map((path) => isInResources(path, HERE))).toEqual([true, true, true])
  expect(['/', `${HERE}-2/x`, '/home/me/x'].map((path) => isInResources(path, HERE))).toEqual([false, false, false])
})
