import { expect, test } from 'vitest'
import { issueFacts } from '../../src-main/contract/issue-facts.ts'
import { reasonText } from '../../src-main/contract/reasons.ts'
import { Recipe } from '../../src-main/contract/recipe.ts'

const sound = { modelPath: '/m', budget: { kind: 'bits', bitsPerWeight: 4 } }

test.each([
  [{ threads: 1.5 }, 'must be a whole number'],
  [{ windowTokens: 3 }, 'must be at least 16'],
  [{ calibrationTokens: 0 }, 'must be more than 0'],
  [{ calibrationTokens: 'many' }, 'must be a number'],
  [{ budget: { kind: 'percent', percent: 101 } }, 'must be at most 100'],
  [{ device: 'abacus' }, 'must be one of auto, cpu, webgpu, cuda, dml, coreml'],
  [{ modelPath: '' }, 'must not be empty'],
])('%j: %s', (changes, words) => {
  expect(Recipe.safeParse({ ...sound, ...changes }).error?.issues.map((issue) => reasonText(issueFacts(issue)))).toEqual([words])
})
