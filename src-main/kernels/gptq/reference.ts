import { decodeBlocks } from '../blocks/decode.ts'
import { encodeRows } from '../search/encode.ts'
import { roundBlocks } from './blocks.ts'
import { hessianRowErrors } from './feedback.ts'
import { roundGroups } from './groups.ts'
import { hessianError } from './hessian-error.ts'
import { gptqFrom } from './passes.ts'

/** GPTQ in TypeScript: its definition. */
export const referenceGptq = gptqFrom({
  encode: encodeRows,
  decode: decodeBlocks,
  roundGroups,
  roundBlocks,
  rowErrors: hessianRowErrors,
  hessianError,
})
