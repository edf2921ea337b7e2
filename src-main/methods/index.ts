import { ExpectedError } from '../contract/errors.ts'
import { d2Moe } from './factor/d2-moe.ts'
import { mobe } from './factor/mobe.ts'
import { moeSvd } from './factor/moe-svd.ts'
import { rfidMoe } from './factor/rfid-moe.ts'
import { svd } from './factor/svd.ts'
import { svdLlm } from './factor/svd-llm.ts'
import type { Method } from './method.ts'
import { gptq } from './quantize/gptq.ts'
import { mc } from './quantize/mc.ts'
import { measuredBits } from './quantize/measured-bits.ts'
import { rtn } from './quantize/rtn.ts'
import { uniform } from './quantize/uniform.ts'

/** Every method Whittle knows, the recommended one first. */
export const methods: readonly Method[] = [measuredBits, mc, mobe, rfidMoe, gptq, rtn, d2Moe, moeSvd, svdLlm, svd, uniform]

/** The method with this id. Throws ExpectedError 'method-unknown' with the ids there are. */
export function methodById(id: string): Method {
  const found = methods.find((method) => method.id === id)
  if (found === undefined) throw new ExpectedError('method-unknown', { method: id, known: methods.map((method) => method.id) })
  return found
}
