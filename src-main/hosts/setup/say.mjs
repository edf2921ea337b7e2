/**
 * One line of the set-up, for a person. Goes to standard error, so that `npm run -s demo -- --json` keeps standard output
 * for its one JSON object.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/**
 * A set-up problem nobody but the user can mend: printed without a stack, exit code 1.
 */
export class SetupError extends Error {}

/**
 * Runs an entry script's main function; a {@link SetupError} becomes one plain line, everything else keeps its stack.
 * @param {() => Promise<number>} main answers the exit code
 */
export async function exitWith(main) {
  try {
    process.exitCode = await main()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    say(error.message)
    process.exitCode = 1
  }
}
