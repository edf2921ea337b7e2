import { ExpectedError } from '../contract/errors.ts'

/** Throws ExpectedError 'tensor-not-finite' {tensor, index} at the first NaN or infinity. */
export function assertFinite(tensor: string, values: Float32Array): void {
  // x * 0 is 0 for every finite x and NaN otherwise, so one sum answers for all; the index is looked for only when it matters.
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0
  if (sum === 0) return
  throw new ExpectedError('tensor-not-finite', { tensor, index: values.findIndex((value) => !Number.isFinite(value)) })
}
