import { parseArgs, type ParseArgsConfig } from 'node:util'
import { ExpectedError } from '../contract/errors.ts'

/** Reads a command line like node:util's parseArgs, with its complaints as ExpectedErrors. @throws ExpectedError 'request-invalid' */
export function parseFlags<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
      throw usage('', wordsOf(error.message))
    throw error
  }
}

/** Node's advice on an unknown flag, about words that begin with a dash, helps nobody here. */
function wordsOf(message: string): string {
  const unknown = /^Unknown option '([^']+)'/.exec(message)?.[1]
  return unknown === undefined ? message : `there is no flag ${unknown}; --help lists them`
}

/** A mistake in the command line. @param flag the flag it is about, or '' */
export function usage(flag: string, message: string): ExpectedError {
  return new ExpectedError('request-invalid', { problems: [{ path: flag, said: message }] })
}
