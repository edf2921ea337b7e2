import { ExpectedError } from '../contract/errors.ts'

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const NOT_WRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EBUSY', 'ENAMETOOLONG', 'ELOOP', 'EINVAL'] as const

/**
 * Translates what the system says when writing fails: 'disk-full' {path, needed} (needed in bytes), 'output-not-writable' {path, reason},
 * or 'output-exists' {path, reason} for somebody's file under the temporary name. Anything else comes back unchanged.
 */
export function explainWriteFailure(error: unknown, path: string, needed: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code !== 'string') return error
  if (FULL.has(code)) return new ExpectedError('disk-full', { path, needed }, { cause: error })
  const reason = NOT_WRITABLE.find((each) => each === code)
  if (reason !== undefined) return new ExpectedError('output-not-writable', { path, reason }, { cause: error })
  if (code === 'EEXIST')
    return new ExpectedError(
      'output-exists',
      { path: (error as NodeJS.ErrnoException).path ?? path, reason: 'temporary-name' },
      { cause: error },
    )
  return error
}
