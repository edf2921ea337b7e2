import ts from 'typescript'
import { expect, test } from 'vitest'
import { importsOf, sourceFiles, visit, type SourceFile } from './tree.ts'

/**
 * What varies (families, codings, containers) is meant to be a row of a table that everything else asks. How far that has come is counted
 * here: no number may rise, and whoever lowers one writes the lower number down.
 */
const core = sourceFiles('src-main')
const renderer = sourceFiles('src-renderer')
const all = [...core, ...renderer]

const outside = (files: readonly SourceFile[], ...places: readonly string[]): SourceFile[] =>
  files.filter(({ path }) => !places.some((place) => path.startsWith(place)))
const matches = (files: readonly SourceFile[], pattern: RegExp): number =>
  files.reduce((sum, { text }) => sum + [...text.matchAll(pattern)].length, 0)
const having = (files: readonly SourceFile[], pattern: RegExp): number => files.filter(({ text }) => pattern.test(text)).length

/** A language's texts: each has the other's names. */
const LANGUAGES = ['src-renderer/locales/', 'src-renderer/words/de/', 'src-renderer/words/en/']
const CONTAINER = /[!=]== '(gguf|safetensors(-\w+)?)'/g
const ROLE = /\b(attentionNorm|attentionOutput|queryNorm|keyNorm|expertNorm|expertGate|expertUp|expertDown|outputNorm)\b/
const GGML_TYPE = /'(Q\d_\d|Q\d_K|IQ\d_\w+)'|\b(Q\d_\d|Q\d_K|IQ\d_\w+):/

/** Text of more than three words, as it stands in the source. */
function isSentence(node: ts.Node, syntax: ts.SourceFile): boolean {
  return (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) && node.getText(syntax).split(/\s+/).length > 3
}

/** Facts that are whole sentences, in one language: given as `reason` or `problem`, or to a function that refuses something. */
function sentences({ syntax }: SourceFile): number {
  let found = 0
  if (syntax)
    visit(syntax, (node) => {
      if (ts.isCallExpression(node) && /^(invalid|refuse|unsupported)$/.test(node.expression.getText(syntax)))
        found += node.arguments.filter((one) => isSentence(one, syntax)).length
      if (!ts.isPropertyAssignment(node) || !ts.isIdentifier(node.name) || !['reason', 'problem'].includes(node.name.text)) return
      if (isSentence(node.initializer, syntax)) found++
    })
  return found
}

function exportedNames({ syntax }: SourceFile): string[] {
  return (
    syntax?.statements.flatMap((statement) => {
      const isExported =
        ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
      if (isExported !== true) return []
      if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText(syntax))
      return 'name' in statement && statement.name !== undefined ? [(statement.name as ts.Identifier).text] : []
    }) ?? []
  )
}

/** Names that two files export; a schema and its type of one name are one, and so are the languages' catalogs. */
function sharedNames(files: readonly SourceFile[]): string[] {
  const seen = new Map<string, string[]>()
  for (const file of files) for (const name of new Set(exportedNames(file))) seen.set(name, [...(seen.get(name) ?? []), file.path])
  return [...seen].filter(([, paths]) => paths.length > 1).map(([name]) => name)
}

/** Pairs of the renderer's folders that import each other. */
function circles(): string[] {
  const folder = (path: string): string =>
    path
      .split('/')
      .slice(0, path.split('/').length > 2 ? 2 : 1)
      .join('/')
  const arrows = new Set(
    renderer.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target?.startsWith('src-renderer/'))
        .map(({ target }) => `${folder(file.path)} ${folder(target ?? '')}`),
    ),
  )
  return [...arrows].filter((arrow) => {
    const [from = '', to = ''] = arrow.split(' ')
    return from < to && arrows.has(`${to} ${from}`)
  })
}

/** A file's text without what its strings say: they may be as wide as they are. */
function withoutStrings({ text, syntax }: SourceFile): string {
  if (!syntax) return text.replace(/'[^'\n]*'|`[^`\n]*`|"[^"\n]*"/g, "''")
  let rest = text
  visit(syntax, (node) => {
    const isText =
      ts.isStringLiteralLike(node) ||
      ts.isRegularExpressionLiteral(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node)
    if (!isText) return
    const [start, end] = [node.getStart(syntax), node.getEnd()]
    rest = rest.slice(0, start) + rest.slice(start, end).replace(/[^\n]/g, '\0') + rest.slice(end)
  })
  return rest.replaceAll('\0', '')
}

const wide = (files: readonly SourceFile[]): number =>
  files
    .filter(({ path }) => /\.(ts|vue|mjs)$/.test(path))
    .reduce(
      (sum, file) =>
        sum +
        withoutStrings(file)
          .split('\n')
          .filter((line) => line.length > 140).length,
      0,
    )
const planOptionals = matches(
  core.filter(({ path }) => path === 'src-main/contract/plan.ts'),
  /\.(optional|default)\(/g,
)

test.each([
  ['comparisons with the name of a container', matches(outside(all, 'src-main/containers/'), CONTAINER), 66, 0],
  [
    "files that name a tensor's role",
    having(outside(all, 'src-main/architectures/', 'src-main/model/', 'src-renderer/locales/'), ROLE),
    40,
    8,
  ],
  ['files that name a ggml type', having(outside(core, 'src-main/codings/'), GGML_TYPE), 13, 3],
  ['sentences of one language among facts', core.reduce((sum, file) => sum + sentences(file), 0), 0, 0],
  ['names that two files export', sharedNames(outside(all, ...LANGUAGES)).length, 0, 0],
  ["pairs of the renderer's folders that import each other", circles().length, 0, 0],
  ['lines of the core over 140 characters, strings aside', wide(core), 0, 0],
  ['lines of the renderer over 140 characters, strings aside', wide(renderer), 0, 0],
  ["optional fields of the plan's schemas", planOptionals, 0, 0],
])('%s: %i, and no more than %i (the aim is %i)', (_, found, most) => {
  expect(found).toBeLessThanOrEqual(most)
})
