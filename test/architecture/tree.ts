import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** The repository's root folder. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** One file of the tree with what the rules ask about it. Paths are relative to the root, with forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  /** Its script as a syntax tree, for .ts, .mjs and the script block of .vue; null for other files. */
  readonly syntax: ts.SourceFile | null
  /** Line of the file its script starts at, counted from 0: not 0 in a .vue file. */
  readonly scriptLine: number
}

/** What a file imports: the text in quotes, and the file it means where that is in the tree. */
export interface Import {
  readonly from: SourceFile
  readonly specifier: string
  /** Path of the imported file for relative imports, else null. */
  readonly target: string | null
  /** Line in the file, counted from 1. */
  readonly line: number
}

const SKIPPED = new Set(['node_modules', 'build', 'out', 'dist', 'test-results', '.git'])

function pathsBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => !SKIPPED.has(name))
    .flatMap((name) => {
      const path = posix.join(folder, name)
      return statSync(join(ROOT, path)).isDirectory() ? pathsBelow(path) : [path]
    })
}

/** The script of a .vue file and the line it starts at; empty where it has none. */
function vueScript(text: string): { script: string; line: number } {
  const block = /<script\b[^>]*>([\s\S]*?)<\/script>/.exec(text)
  if (!block) return { script: '', line: 0 }
  const before = text.slice(0, block.index + block[0].indexOf('>') + 1)
  return { script: block[1] ?? '', line: before.split('\n').length - 1 }
}

/** A file's text as the rules see it. */
export function parseSource(path: string, text: string): SourceFile {
  if (!/\.(ts|mjs|js|vue)$/.test(path)) return { path, text, syntax: null, scriptLine: 0 }
  const { script, line } = path.endsWith('.vue') ? vueScript(text) : { script: text, line: 0 }
  const syntax = ts.createSourceFile(path, script, ts.ScriptTarget.Latest, true, /js$/.test(path) ? ts.ScriptKind.JS : ts.ScriptKind.TS)
  return { path, text, syntax, scriptLine: line }
}

/** Source files below a folder, by path; nothing where the folder is missing. */
export function sourceFiles(folder: string): SourceFile[] {
  if (!statSync(join(ROOT, folder), { throwIfNoEntry: false })) return []
  return pathsBelow(folder)
    .filter((path) => /\.(ts|mjs|js|vue|cpp|h|hpp|css)$/.test(path))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(ROOT, path), 'utf8')))
}

/** Line of a syntax node in its file, counted from 1. */
export function lineOf(file: SourceFile, node: ts.Node): number {
  if (!file.syntax) return 1
  return file.scriptLine + file.syntax.getLineAndCharacterOfPosition(node.getStart(file.syntax)).line + 1
}

/** Visits every node below another. */
export function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node)
  ts.forEachChild(node, (child) => visit(child, see))
}

/** The quoted name in `import … from`, `export … from`, `import()`, `import('…').Type` or `require()`; else null. */
function specifierOf(node: ts.Node): string | null {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
    return node.moduleSpecifier.text
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal))
    return node.argument.literal.text
  if (!ts.isCallExpression(node)) return null
  const [argument] = node.arguments
  const loads =
    node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require')
  return loads && argument && ts.isStringLiteralLike(argument) ? argument.text : null
}

/** Every import of a file, type imports and dynamic ones included. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = []
  if (!file.syntax) return found
  visit(file.syntax, (node) => {
    const specifier = specifierOf(node)
    if (specifier === null) return
    const target = specifier.startsWith('.')
      ? relative(ROOT, resolve(ROOT, dirname(file.path), specifier))
          .split(sep)
          .join('/')
      : null
    found.push({ from: file, specifier, target, line: lineOf(file, node) })
  })
  return found
}

/** The package an import names ('@scope/name' or 'name'), null for relative ones. */
export function packageOf({ specifier, target }: Import): string | null {
  if (target !== null) return null
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
