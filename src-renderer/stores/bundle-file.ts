import { BUNDLE_LIMITS } from '../../src-main/contract/bundle.ts'
import { ExpectedError } from '../../src-main/contract/errors.ts'

const SIGN = '"whittleBundle"'
const SIGN_WITHIN = 4096

/** Whether a dropped file says of itself that it is a bundle. Looks at its first bytes only: other JSON files belong to models. */
export async function looksLikeBundle(file: File): Promise<boolean> {
  if (!/\.json$/i.test(file.name)) return false
  return (await file.slice(0, SIGN_WITHIN).text()).includes(SIGN)
}

/**
 * The value in a bundle file; the core judges what it says.
 * @throws ExpectedError 'bundle-invalid' when it is too large or no JSON
 */
export async function readBundleFile(file: File): Promise<unknown> {
  if (file.size > BUNDLE_LIMITS.bytes) {
    throw new ExpectedError('bundle-invalid', { reason: 'bundle-large', mebibytes: BUNDLE_LIMITS.bytes / 2 ** 20 })
  }
  try {
    return JSON.parse(await file.text()) as unknown
  } catch (error) {
    throw new ExpectedError('bundle-invalid', { reason: 'not-json' }, { cause: error })
  }
}
