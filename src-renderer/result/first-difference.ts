/** An answer, parted where it first says something else than the other: what is the same, the word that differs, and the rest. */
export interface Parted {
  readonly same: string
  readonly word: string
  readonly rest: string
}

/** The words both answers begin with, and the rest of each; an answer that is only not there yet differs in nothing. */
export function firstDifference(
  original: string,
  shrunk: string,
): { readonly original: Parted; readonly shrunk: Parted; readonly at: number | null } {
  const [left, right] = [wordsOf(original), wordsOf(shrunk)]
  const shorter = Math.min(left.length, right.length)
  let at = 0
  while (at < shorter && left[at] === right[at]) at += 1
  // The last word of an answer that still comes may be half of one.
  const open = at === shorter || (at === shorter - 1 && (left[at]?.startsWith(right[at] ?? '') || right[at]?.startsWith(left[at] ?? '')))
  if (open) return { original: { same: original, word: '', rest: '' }, shrunk: { same: shrunk, word: '', rest: '' }, at: null }
  const part = (words: readonly string[]): Parted => ({
    same: words.slice(0, at).join(''),
    word: words[at] ?? '',
    rest: words.slice(at + 1).join(''),
  })
  return { original: part(left), shrunk: part(right), at }
}

/** Words with the space before them, so that joined they are the text again. */
function wordsOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}
