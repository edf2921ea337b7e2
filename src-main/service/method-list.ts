import * as z from 'zod'
import type { MethodCard } from '../contract/calls.ts'
import { methods } from '../methods/index.ts'
import { formatsOf } from '../methods/method.ts'

/** method.list: every method, the recommended one first, with its settings as JSON schema. */
export function methodList(): MethodCard[] {
  return methods.map((method) => {
    const { id, title, summary, family, paper, parameters, bitsOver } = method
    return {
      id,
      title,
      summary,
      family,
      paper,
      bitsOver,
      formats: formatsOf(method),
      removes: family === 'factor',
      parameters: { ...z.toJSONSchema(parameters, { io: 'input' }) },
    }
  })
}
