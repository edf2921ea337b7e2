import { describe, expect, it } from 'vitest'
import { changeWords, parameterFields } from '../../../src-renderer/wizard/parameter-fields.ts'

describe('the form of a method', () => {
  it('comes from its JSON schema alone', () => {
    const fields = parameterFields({
      type: 'object',
      properties: {
        types: { type: 'array', items: { type: 'string', enum: ['Q8_0', 'Q4_K'] }, default: ['Q8_0'] },
        keepOriginal: { type: 'boolean', default: true, description: 'Leave it' },
        floor: { type: 'string', enum: ['none', 'Q8_0'], default: 'none' },
        groupSize: { type: 'integer', minimum: 1, maximum: 8, default: 2 },
      },
    })
    expect(fields.map(({ key, kind, label }) => [key, kind, label])).toEqual([
      ['types', 'choices', 'Types'],
      ['keepOriginal', 'switch', 'Keep original'],
      ['floor', 'choice', 'Floor'],
      ['groupSize', 'number', 'Group size'],
    ])
    expect(fields[3]).toMatchObject({ min: 1, max: 8, whole: true, fallback: 2 })
    expect(fields[1]?.hint).toBe('Leave it')
  })

  it('takes numbers beside a word, numbers to choose from, lists, and null', () => {
    const fields = parameterFields({
      properties: {
        bases: {
          default: 'auto',
          anyOf: [
            { type: 'string', const: 'auto' },
            { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
          ],
        },
        limit: { default: null, anyOf: [{ type: 'number', maximum: 9 }, { type: 'null' }] },
        width: { enum: [2, 4], default: 4 },
        kind: { anyOf: [{ const: 'a' }, { const: 'b' }] },
        taus: { type: 'array', items: { type: 'number' }, default: [0.5] },
        names: { type: 'array', items: { type: 'string' } },
      },
    })
    expect(fields.map(({ key, kind, word, options }) => [key, kind, word, options])).toEqual([
      ['bases', 'number-or-word', 'auto', []],
      ['limit', 'number-or-word', null, []],
      ['width', 'choice', null, [2, 4]],
      ['kind', 'choice', null, ['a', 'b']],
      ['taus', 'numbers', null, []],
      ['names', 'words', null, []],
    ])
    expect(fields[0]).toMatchObject({ min: 1, max: undefined, whole: true })
  })

  it('leaves out what no field can show, and what is not for what is written', () => {
    const schema = {
      properties: {
        nested: { type: 'object' },
        either: { anyOf: [{ type: 'number' }, { type: 'string' }] },
        groupSize: { type: 'integer', description: 'Folder: columns that share a scale' },
        types: { type: 'string', description: 'GGUF: a type' },
        alpha: { type: 'number' },
      },
    }
    expect(parameterFields(schema).map(({ key }) => key)).toEqual(['groupSize', 'types', 'alpha'])
    expect(parameterFields(schema, 'file').map(({ key, hint }) => [key, hint])).toEqual([
      ['types', 'A type'],
      ['alpha', ''],
    ])
    expect(parameterFields(schema, 'folder').map(({ key }) => key)).toEqual(['groupSize', 'alpha'])
  })

  it('says what other settings would change, and nothing of what stays', () => {
    const properties = { solver: { type: 'string', enum: ['fast', 'adam'], default: 'fast' }, steps: { type: 'integer' } }
    const method = { id: 'mobe', parameters: { properties } }
    expect(changeWords(method, { solver: 'adam' }, { solver: 'fast', steps: 5000 })).toBe('Solver: fast, Steps: 5,000')
    expect(changeWords(method, {}, { solver: 'fast' })).toBe('')
  })

  it('shows nothing for a schema it cannot read', () => {
    expect(parameterFields({ properties: 7 })).toEqual([])
  })
})
