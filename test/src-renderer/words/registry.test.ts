import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import { methods } from '../../../src-main/methods/index.ts'
import { REGISTRY } from '../../../src-renderer/locales/en/registry.ts'
import { setLanguage } from '../../../src-renderer/locales/i18n.ts'
import { parameterFields } from '../../../src-renderer/wizard/parameter-fields.ts'
import { registryWords } from '../../../src-renderer/words/registry.ts'

const KNOWN: readonly string[] = Object.values(REGISTRY)
const textsOf = ({ summary, paper, parameters }: (typeof methods)[number]): string[] => {
  const fields = parameterFields({ ...z.toJSONSchema(parameters, { io: 'input' }) })
  return [summary, ...(paper.startsWith('none: ') ? [paper.slice(6)] : []), ...fields.flatMap((field) => [field.label, field.hint])]
}

describe('what the registry of methods says', () => {
  it.each(methods.map((method) => [method.id, method] as const))('%s is said in every language', (_id, method) => {
    expect(textsOf(method).filter((text) => !KNOWN.includes(text))).toEqual([])
  })

  it('holds nothing that the registry no longer says', () => {
    const said = new Set(methods.flatMap(textsOf))
    expect(KNOWN.filter((text) => !said.has(text))).toEqual([])
  })

  it('is found by its words, and stays as it is where nobody has translated it', async () => {
    await setLanguage('de')
    expect(registryWords('Keep attention at least')).toBe('Attention mindestens')
    expect(registryWords('A method of tomorrow')).toBe('A method of tomorrow')
    await setLanguage('en')
  })
})
