import { t } from '../locales/i18n.ts'

const ROLES = [
  'embedding',
  'output',
  'outputNorm',
  'ropeFactors',
  'attentionNorm',
  'query',
  'key',
  'value',
  'queryBias',
  'keyBias',
  'valueBias',
  'queryA',
  'queryANorm',
  'queryB',
  'kvA',
  'kvANorm',
  'keyB',
  'valueB',
  'attentionOutput',
  'outputBias',
  'queryNorm',
  'keyNorm',
  'expertNorm',
  'ffnGate',
  'ffnUp',
  'ffnDown',
  'router',
  'routerBias',
  'sharedRouter',
  'sharedGate',
  'sharedUp',
  'sharedDown',
  'expertGate',
  'expertUp',
  'expertDown',
] as const

/** The order a layer is computed in, which is the order of a table's columns. */
export const ROLE_ORDER: readonly string[] = ROLES

/** A tensor role in words; an unknown role keeps its own name. */
export function roleWords(role: string): string {
  const known = ROLES.find((each) => each === role)
  return known ? t(`words.role-${known}`) : role
}
