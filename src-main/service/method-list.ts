import * as z from 'zod'
import type { MethodCard } from '../contract/calls.ts'
import { methods } from '../methods/index.ts'

/** method.list: every method, the recommended one first, with its settings as JSON schema. */
export function methodList(): MethodCard[] {
  return methods.map(({ id, title, summary, family, paper, parameters }) =>
    ({ id, title, summary, family, paper, parameters: { ...z.toJSONSchema(parameters, { io: 'input' }) } }))
}
