import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { lineOf, parseSource, sourceFiles, visit, type SourceFile } from './tree.ts'

const sources = [...sourceFiles('src-main'), ...sourceFiles('src-renderer'), ...sourceFiles('native-kernels')]
const all = [...sources, ...sourceFiles('test')]

/** A function of the tree: where it stands and how many lines it has, signature included. */
interface Measured {
  readonly name: string
  readonly place: string
  readonly lines: number
}

function lineCount(text: string): number {
  return text.replace(/\n$/, '').split('\n').length
}

/** The name a function goes by, or null for a callback. */
function nameOf(node: ts.SignatureDeclaration): string | null {
  if (node.name) return node.name.getText()
  const { parent } = node
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)
    ? parent.name.getText()
    : null
}

/** A store's setup is a class in all but name: its functions are measured, not the whole. */
function isStore({ parent }: ts.Node): boolean {
  return ts.isCallExpression(parent) && parent.expression.getText() === 'defineStore'
}

function functionsOf(file: SourceFile): Measured[] {
  const found: Measured[] = []
  if (!file.syntax) return found
  visit(file.syntax, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body || isStore(node)) return
    const name = nameOf(node)
    const lines = lineCount(node.getText())
    found.push({ name: name ?? '', place: `${file.path}:${lineOf(file, node)}`, lines })
  })
  return found
}

/** The value a share of the others do not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

const fileLines = sources.filter(({ path }) => !path.endsWith('.css')).map(({ text }) => lineCount(text))
const functions = sources.flatMap(functionsOf)
const named = functions.filter(({ name }) => name !== '').map(({ lines }) => lines)

describe('sizes', () => {
  test('no file is over 400 lines', () => {
    const long = all.map(({ path, text }) => ({ path, lines: lineCount(text) })).filter(({ lines }) => lines > 400)
    expect(long.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([])
  })

  test('no function is over 80 lines', () => {
    const long = functions.filter(({ lines }) => lines > 80)
    expect(long.map(({ name, place, lines }) => `${place} ${name}: ${lines} lines`)).toEqual([])
  })

  test('functions are measured with their signature, whatever their form', () => {
    const text = 'function a() {\n  return 1\n}\nconst b = () => {\n  a(function () {\n  })\n}\nclass C { d() { return 1 } }\n'
    expect(functionsOf(parseSource('x.ts', text)).map(({ name, place, lines }) => `${name} ${place} ${lines}`)).toEqual([
      'a x.ts:1 3',
      'b x.ts:4 4',
      ' x.ts:5 2',
      'd x.ts:8 1',
    ])
  })

  test('files and functions stay short on the whole', () => {
    const found = { fileMedian: quantile(fileLines, 0.5), functionMedian: quantile(named, 0.5), functionP90: quantile(named, 0.9) }
    console.info(
      `${sources.length} files, median ${found.fileMedian} lines; ${named.length} named functions, median ${found.functionMedian}, 90 % within ${found.functionP90} lines`,
    )
    expect(found.fileMedian, 'median lines of a file').toBeLessThanOrEqual(90)
    expect(found.functionMedian, 'median lines of a function').toBeLessThanOrEqual(12)
    expect(found.functionP90, 'lines 90 % of functions stay within').toBeLessThanOrEqual(45)
  })
})
