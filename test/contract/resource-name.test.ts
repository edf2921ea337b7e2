import { expect, test } from 'vitest'
import { DEMO_MODEL, isResourceName, resourceName, resourceParts, withoutScheme } from '../../src-main/contract/resource-name.ts'

test('a name is told by its scheme, in any case', () => {
  expect(isResourceName(DEMO_MODEL)).toBe(true)
  expect(isResourceName('Whittle:demo-model')).toBe(true)
  for (const path of ['demo-model', '/whittle:demo-model', './whittle:demo-model', 'whittle', 'C:\\whittle', ''])
    expect(isResourceName(path)).toBe(false)
})

test("a name and its parts are each other's inverse", () => {
  expect(resourceName(['text', 'heldout.txt'])).toBe('whittle:text/heldout.txt')
  expect(resourceParts('whittle:text/heldout.txt')).toEqual(['text', 'heldout.txt'])
  expect(resourceParts('WHITTLE:text\\\\heldout.txt\\')).toEqual(['text', 'heldout.txt'])
  expect(resourceParts('whittle:./demo-model/')).toEqual(['demo-model'])
  expect(withoutScheme('whittle:text/heldout.txt')).toBe('text/heldout.txt')
  expect(withoutScheme('/m/whittle')).toBe('/m/whittle')
})

test.each([
  'whittle:',
  'whittle:.',
  'whittle:/',
  'whittle:/etc/passwd',
  'whittle:\\\\server\\share',
  'whittle:..',
  'whittle:../main',
  'whittle:demo-model/../../x',
  'whittle:a\\..\\..\\x',
  'whittle:.. /x',
  'whittle:..../x',
  'whittle:C:/x',
  'whittle:demo-model:stream',
  'whittle:a\0b',
  '/demo-model',
  'demo-model',
])('%j is the name of nothing', (name) => {
  expect(resourceParts(name)).toBeNull()
})
