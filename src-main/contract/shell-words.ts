/** The shells that shown commands are written for. `posix` is sh and its relatives (bash, zsh), on Linux and macOS. */
export type ShellName = 'posix' | 'powershell' | 'cmd'

/** What a terminal acts on when it is pasted, whatever stands around it: no shell has a form of it that is safe to copy. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** What every shell passes on as it stands. */
const PLAIN = /^[\w./][\w./:+-]*$/
/** Windows shells pass backslashes on as well. */
const PLAIN_ON_WINDOWS = /^[\w./\\][\w./:\\+-]*$/

/**
 * A name or path as one word of a shell's command line: nothing in it is expanded, run or cut. Null where the shell has no
 * form that holds: control characters anywhere, `"` on Windows (where no name has it), and `%` in cmd, which expands `%PATH%`
 * even between quotes. A program still takes a word that begins with a minus for a flag: say `./` before it.
 */
export function shellWord(shell: ShellName, word: string): string | null {
  if (CONTROL.test(word)) return null
  switch (shell) {
    case 'posix':
      return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
    case 'powershell':
      return powershellWord(word)
    case 'cmd':
      return cmdWord(word)
  }
}

/** Quoted by `"` as in cmd where that is safe, so that one line serves both. PowerShell takes curly quotes for straight ones. */
function powershellWord(word: string): string | null {
  if (word.includes('"')) return null // handed on to programs in one way by PowerShell 5, in another by 7.3
  if (PLAIN_ON_WINDOWS.test(word)) return word
  return /[$`\u201c-\u201e]/.test(word) ? `'${word.replaceAll(/['\u2018-\u201b]/g, '$&$&')}'` : `"${word}"`
}

/** Between `"`, cmd leaves `&`, `|`, `<`, `>`, `^` and brackets alone, and `!` too, unless somebody turned delayed expansion on. */
function cmdWord(word: string): string | null {
  if (/["%]/.test(word)) return null
  // Programs take \" at the end for a quote of the word's own.
  return PLAIN_ON_WINDOWS.test(word) ? word : `"${word.replace(/\\+$/, '$&$&')}"`
}

/** A path as the FROM line of an Ollama Modelfile takes it, which knows no escapes; null where it drops characters. */
export function modelfilePath(path: string): string | null {
  if (CONTROL.test(path)) return null
  return /\s/.test(path) ? `"${path}"` : path
}
