import { ExpectedError } from '../contract/errors.ts'
import type { Method } from './method.ts'
import { gptq } from './quantize/gptq.ts'
import { mc } from './quantize/mc.ts'
import { measuredBits } from './quantize/measured-bits.ts'
import { rtn } from './quantize/rtn.ts'
import { uniform } from './quantize/uniform.ts'

/** Every method Whittle knows, the recommended one first. */
export const methods: readonly Method[] = [measuredBits, mc, gptq, rtn, uniform]

/** The method with this id. Throws ExpectedError 'method-unknown' with the ids there are. */
export function methodById(id: string): Method {
  const found = methods.find((method) => method.id === id)
  if (found === undefined) throw new ExpectedError('method-unknown', { method: id, known: methods.map((method) => method.id) })
  return found
}
