import { replacePaths, replaceUnder } from './path-text.ts'

/** What is known of the user, to be kept out of a report. */
export interface Private {
  /** Folder of the program itself: the way to it goes, its own files keep their names. */
  readonly program: string
  readonly folders: readonly string[]
  readonly user: string
  readonly host: string
  /** Names of models and files. */
  readonly names: readonly string[]
}

/** Things that look like what nobody should see, whoever they belong to. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z\d+.-]*:\/\/(?!\/)[^\s'"<>]+/gi, '<address>'],
  [/[^\s'"<>@:,;()]+@[^\s'"<>@:,;()]+\.[a-z]{2,}/gi, '<mail>'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, '$1 <token>'],
  [/\b(\w*(?:token|secret|password|passwd|api_?key|authorization))(["']?\s*[=:]\s*["']?)[^\s'",;&}]+/gi, '$1$2<token>'],
  [/\b(?:hf|sk|pk|gh[a-z]|glpat|github_pat|xox[a-z])[_-][\w-]{6,}/gi, '<token>'],
  // Letters and digits in one long word: a key, a hash or a signed word in parts.
  [/\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{20,}(?:\.[\w-]{10,})*/gi, '<token>'],
  [/[^\s'"<>/\\:]+\.(?:gguf|safetensors|statistics|partial|jsonl|txt|md|csv)\b/gi, '<file>'],
]

/** A text without anything of the user's: paths, names, addresses, and what looks like a key. */
export function withoutPrivate(text: string, known: Private): string {
  const own = keepOwnFiles(text, known.program)
  const paths = [...known.folders]
    .sort((a, b) => b.length - a.length)
    .reduce((rest, folder) => (folder.length < 2 ? rest : replaceUnder(rest, folder, () => '<path>')), own)
  const shapes = SHAPES.reduce(
    (rest, [shape, word]) => rest.replace(shape, word),
    replacePaths(paths, () => '<path>'),
  )
  const names = [...known.names].sort((a, b) => b.length - a.length).reduce((rest, name) => replaceWord(rest, name, '<name>'), shapes)
  const [shortHost = ''] = known.host.split('.')
  return [
    [known.host, '<host>'],
    [shortHost, '<host>'],
    [known.user, '<user>'],
  ].reduce((rest, [word = '', label = '']) => replaceWord(rest, word, label), names)
}

/** Where a bug struck stays known: the program's own files are named from its folder on. */
function keepOwnFiles(text: string, program: string): string {
  const folder = program.replace(/[\\/]+$/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return folder === ''
    ? text
    : text.replace(
        new RegExp(`(?:file:\\/\\/\\/?)?${folder}[\\\\/]+(?=(?:src-main|src-renderer|out|node_modules|resources)[\\\\/])`, 'g'),
        '',
      )
}

/** A word wherever it stands alone, in any spelling. */
function replaceWord(text: string, word: string, label: string): string {
  if (word.length < 2) return text
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'giu'), label)
}
