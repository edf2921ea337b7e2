import { expect, test } from 'vitest'
import { Recipe } from '../../src-main/contract/recipe.ts'

const sound = { modelPath: '/model', budget: { kind: 'bits', bitsPerWeight: 4 } }

/** `[[[...]]]`, made without a recursion of our own. */
function nested(depth: number): unknown {
  let value: unknown = 1
  for (let at = 0; at < depth; at++) value = [value]
  return value
}

test('parameters that no thread could be sent are refused by the schema', () => {
  expect(Recipe.safeParse({ ...sound, parameters: { a: nested(10) } }).success).toBe(true)
  expect(Recipe.safeParse({ ...sound, parameters: { a: nested(100_000) } }).error?.issues[0]).toMatchObject({ path: ['parameters'] })
})
