import { encodeWithFeedback } from './blocks.ts'
import type { GptqKernels } from './gptq.ts'
import { dequantizeGroups, quantizeGroups } from './groups.ts'
import { hessianError } from './hessian-error.ts'

/** GPTQ in TypeScript: its definition. */
export const referenceGptq: GptqKernels = { quantizeGroups, dequantizeGroups, encodeWithFeedback, hessianError }
