import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { parseSource, sourceFiles, type SourceFile } from './tree.ts'

const sources = [...sourceFiles('src-main'), ...sourceFiles('src-renderer'), ...sourceFiles('native-kernels')]
const all = [...sources, ...sourceFiles('test')]

/** Names that say nothing: whatever lands there has a better one. */
const BANNED = /^(utils?|common|helpers?|types|misc|shared|lib|manager)$/i

/** The three registries are lists of their entries, and the only index files. */
const REGISTRIES = ['src-main/architectures/index.ts', 'src-main/methods/index.ts', 'src-main/formats/index.ts']

/** A file that only passes on what others export. */
function isBarrel({ syntax }: SourceFile): boolean {
  if (!syntax || syntax.statements.length === 0) return false
  return (
    syntax.statements.every(
      (statement) => ts.isImportDeclaration(statement) || (ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined),
    ) && syntax.statements.some((statement) => ts.isExportDeclaration(statement))
  )
}

function passesOnEverything({ syntax }: SourceFile): boolean {
  return syntax?.statements.some((statement) => ts.isExportDeclaration(statement) && statement.exportClause === undefined) ?? false
}

describe('names', () => {
  test('no folder or file is called utils, common, helpers, types or manager', () => {
    const bad = all.filter(({ path }) =>
      path.split('/').some((part) => BANNED.test(part.replace(/\.(test\.)?[a-z]+$/, '')) || /-?manager\b/i.test(part)),
    )
    expect(bad.map(({ path }) => path)).toEqual([])
  })

  test('a barrel is seen, a list of entries is not taken for one', () => {
    expect(isBarrel(parseSource('x.ts', "export { a } from './a.ts'\nexport type { B } from './b.ts'"))).toBe(true)
    expect(isBarrel(parseSource('x.ts', "import { a } from './a.ts'\nexport const ENTRIES = [a]"))).toBe(false)
    expect(passesOnEverything(parseSource('x.ts', "export * from './a.ts'\nexport const b = 1"))).toBe(true)
  })

  test('there are no barrels', () => {
    expect(sources.filter((file) => isBarrel(file) || passesOnEverything(file)).map(({ path }) => path)).toEqual([])
  })

  test('only the registries are called index.ts', () => {
    const indexes = sources.filter(({ path }) => path.endsWith('/index.ts') && !REGISTRIES.includes(path))
    expect(indexes.map(({ path }) => path)).toEqual([])
  })

  test('types carry no I prefix', () => {
    const prefixed = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/\binterface (I[A-Z]\w+)/g)].map(([, name]) => `${path}: ${name}`),
    )
    expect(prefixed).toEqual([])
  })
})
