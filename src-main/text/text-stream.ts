/** Turns tokens into text as they come. */
export interface TextStream {
  /** Takes a token; gives the text that is certain by now and was not given before, '' while letters are incomplete. */
  push(token: number): string
  /** What is left at the end, incomplete letters as the replacement character. */
  finish(): string
}

/** A letter may take several tokens: while the text ends in a replacement character, its end is held back. */
const INCOMPLETE = /\uFFFD+$/

/** Text of one token after the other. @param decode text of all tokens so far */
export function createTextStream(decode: (tokens: readonly number[]) => string): TextStream {
  const tokens: number[] = []
  let told = ''
  const tell = (text: string): string => {
    // A decoder may change its mind about what is told already (e.g. about spaces): what was told stays told.
    const fresh = text.startsWith(told) ? text.slice(told.length) : ''
    told += fresh
    return fresh
  }
  return {
    push(token) {
      tokens.push(token)
      return tell(decode(tokens).replace(INCOMPLETE, ''))
    },
    finish: () => tell(decode(tokens)),
  }
}
