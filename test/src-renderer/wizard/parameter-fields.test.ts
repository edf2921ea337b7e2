import { describe, expect, it } from 'vitest'
import { parameterFields } from '../../../src-renderer/wizard/parameter-fields.ts'

describe('the form of a method', () => {
  it('comes from its JSON schema alone', () => {
    const fields = parameterFields({ type: 'object', properties: {
      types: { type: 'array', items: { type: 'string', enum: ['Q8_0', 'Q4_K'] }, default: ['Q8_0'] },
      keepOriginal: { type: 'boolean', default: true, description: 'Leave it' },
      floor: { type: 'string', enum: ['none', 'Q8_0'], default: 'none' },
      groupSize: { type: 'integer', minimum: 1, maximum: 8, default: 2 },
    } })
    expect(fields.map(({ key, kind, label }) => [key, kind, label])).toEqual([
      ['types', 'choices', 'Types'], ['keepOriginal', 'switch', 'Keep original'], ['floor', 'choice', 'Floor'], ['groupSize', 'number', 'Group size'],
    ])
    expect(fields[3]).toMatchObject({ min: 1, max: 8, whole: true, fallback: 2 })
    expect(fields[1]?.hint).toBe('Leave it')
  })

  it('shows nothing for a schema it cannot read', () => {
    expect(parameterFields({ properties: 7 })).toEqual([])
  })
})
