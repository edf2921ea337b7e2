import { describe, expect, it } from 'vitest'
import { CALLS } from '../../../src-main/contract/calls.ts'
import { Recipe } from '../../../src-main/contract/recipe.ts'
import { firstChoice, folderProblem, nameProblem, partsOf, requestOf, writesNothing } from '../../../src-renderer/export/export-request.ts'
import { recipeInFormat, writerOf } from '../../../src-renderer/export/other-format.ts'
import { FAKE_METHODS } from '../fake/fake-methods.ts'

describe('a name for what is given away', () => {
  it.each([
    ['', null],
    ['my model 4bpw', null],
    ['模型', null],
    ['a/b', 'export.nameForbidden'],
    ['what?', 'export.nameForbidden'],
    ['CON', 'export.nameReserved'],
    ['con.gguf', 'export.nameReserved'],
    ['x.', 'export.nameEnds'],
    [' x', 'export.nameEnds'],
    ['x'.repeat(121), 'export.nameLong'],
  ])('%j: %s', (name, problem) => {
    expect(nameProblem(name)).toBe(problem)
  })

  it('that passes here passes the contract', () => {
    for (const name of ['my model 4bpw', '模型', 'a.b-c_d'])
      expect(CALLS['run.export'].input.safeParse({ runId: 'x', name }).success).toBe(true)
  })
})

it.each([
  ['', null],
  ['/mnt/usb', null],
  ['D:\\models', null],
  ['\\\\nas\\models', null],
  ['models', 'export.folderPart'],
  ['../x', 'export.folderPart'],
])('the folder %j: %s', (folder, problem) => {
  expect(folderProblem(folder)).toBe(problem)
})

it('what is asked of the core leaves empty fields to it', () => {
  expect(requestOf('r2', firstChoice())).toEqual({
    runId: 'r2',
    model: 'leave',
    splitBytes: 3_900_000_000,
    folder: null,
    name: null,
    extras: ['card', 'recipe', 'checksums'],
  })
  expect(requestOf('r2', { ...firstChoice(), folder: ' /mnt/usb ', name: 'x' })).toMatchObject({ folder: '/mnt/usb', name: 'x' })
  expect(writesNothing({ ...firstChoice(), extras: [] })).toBe(true)
  expect([partsOf(10, 4), partsOf(8, 4), partsOf(0, 4)]).toEqual([3, 2, 1])
})

describe('the same model in another format', () => {
  const recipe = Recipe.parse({
    modelPath: '/m',
    budget: { kind: 'remove', percent: 40 },
    method: 'mobe',
    parameters: { solver: 'adam' },
    outPath: '/out/x',
  })
  it('keeps the method that can write it', () => {
    const writer = writerOf(FAKE_METHODS, 'mobe', 'safetensors-dense')
    expect(writer?.id).toBe('mobe')
    if (writer)
      expect(recipeInFormat(recipe, writer, 'safetensors-dense')).toMatchObject({
        method: 'mobe',
        parameters: { solver: 'adam' },
        budget: { kind: 'remove' },
        outPath: null,
        format: 'safetensors-dense',
      })
  })

  it('takes another method with its own parameters and a budget it knows', () => {
    const writer = writerOf(FAKE_METHODS, 'mobe', 'gguf')
    expect(writer?.id).toBe('measured-bits')
    if (writer)
      expect(recipeInFormat(recipe, writer, 'gguf')).toMatchObject({
        method: 'measured-bits',
        parameters: {},
        budget: { kind: 'percent', percent: 60 },
      })
  })

  it('is not offered where no method writes it', () => {
    expect(writerOf(FAKE_METHODS.slice(0, 1), 'measured-bits', 'safetensors')).toBeNull()
  })
})
