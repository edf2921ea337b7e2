/** A text as one word of a POSIX shell (sh, bash, zsh): nothing in it is expanded. */
export function posixWord(text: string): string {
  return /^[\w./][\w./+-]*$/.test(text) ? text : `'${text.replaceAll('\'', '\'\\\'\'')}'`
}

/** A text as one word of PowerShell, which takes typographic quotes for quotes, too. */
export function powershellWord(text: string): string {
  return PLAIN_ON_WINDOWS.test(text) ? text : `'${text.replaceAll(/['\u2018-\u201b]/g, (quote) => quote + quote)}'`
}

/** A text as one word of cmd; null for one that it cannot be told: it expands %...% within quotes as well. */
export function cmdWord(text: string): string | null {
  if (PLAIN_ON_WINDOWS.test(text)) return text
  return /["%\r\n]/.test(text) ? null : `"${text}"`
}

/** A text as one word on Windows: for either shell where one spelling serves both, else for PowerShell only. */
export function windowsWord(text: string): { readonly word: string; readonly onlyPowershell: boolean } {
  const word = cmdWord(text)
  // PowerShell expands $ and ` in double quotes and ends them at typographic ones; cmd may expand !.
  if (word !== null && !/[$`!\u201c-\u201e]/.test(text)) return { word, onlyPowershell: false }
  return { word: powershellWord(text), onlyPowershell: true }
}

const PLAIN_ON_WINDOWS = /^[\w.\\/][\w.:\\/+-]*$/
