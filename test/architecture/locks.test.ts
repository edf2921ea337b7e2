import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { importsOf, lineOf, packageOf, parseSource, ROOT, sourceFiles, visit, type Import, type SourceFile } from './tree.ts'

const core = sourceFiles('src-main')

/** Packages that one place holds, so that the rest can be read, tested and replaced without them. */
const LOCKS: Record<string, string> = {
  electron: 'src-main/hosts/electron/',
  'onnxruntime-node': 'src-main/compute/session.ts',
  'better-sqlite3': 'src-main/store/database.ts',
  'node:child_process': 'src-main/hosts/',
}

/** The native addon is loaded by file name, through createRequire or process.dlopen. */
const ADDON = { mark: 'whittle_kernels', holder: 'src-main/kernels/native.ts', builder: 'src-main/hosts/setup/' }

function at({ from, line, specifier }: Import): string {
  return `${from.path}:${line} imports ${specifier}`
}

describe('locked packages', () => {
  test.each(Object.entries(LOCKS))('%s is imported only in %s', (name, place) => {
    const users = core.flatMap(importsOf).filter((found) => packageOf(found) === name && !found.from.path.startsWith(place))
    expect(users.map(at)).toEqual([])
  })

  test(`the addon is named only in ${ADDON.holder}`, () => {
    const users = core.filter(({ path, text }) => text.includes(ADDON.mark) && path !== ADDON.holder && !path.startsWith(ADDON.builder))
    expect(users.map(({ path }) => path)).toEqual([])
  })

  test('child_process is always imported by its node: name', () => {
    const bare = core.flatMap(importsOf).filter(({ specifier }) => /^(child_process|fs|path|os|crypto|worker_threads)$/.test(specifier))
    expect(bare.map(at)).toEqual([])
  })
})

describe('a model folder has one door', () => {
  const CHAPTERS = /^src-main\/(architectures|formats|forms|model|text|forward|calibration|methods|report|pipeline)\//
  const WHOLE = /\b(readFile|readFileSync|copyFile|copyFileSync|createReadStream|openAsBlob)\b/
  /** Who reads a whole file of ours, and which. */
  const OURS: Record<string, string> = {
    'src-main/formats/safetensors/folder-writer.ts': 'modeling code that comes with Whittle',
    'src-main/calibration/statistics-file.ts': 'statistics of the work folder',
    'src-main/pipeline/folder-files.ts': 'a text that comes with Whittle',
    'src-main/pipeline/learning-state.ts': 'states of the work folder',
    'src-main/pipeline/kept-json.ts': 'results of the work folder',
    'src-main/pipeline/export-model.ts': 'outputs of runs',
    'src-main/pipeline/peak-memory.ts': 'what the system tells of this process',
    'src-main/pipeline/check/first-layer.ts': 'the config of a trial that was just written',
  }

  test('files of strangers are read whole only by formats/model-file.ts', () => {
    const readers = core.filter(({ path, text }) => CHAPTERS.test(path) && WHOLE.test(text)).map(({ path }) => path)
    expect(readers.filter((path) => !(path in OURS))).toEqual([])
  })

  test('nothing goes round the door by asking where a file lies', () => {
    const askers = core
      .filter(({ text }) => /\bconfinedPath\b/.test(text))
      .map(({ path }) => path)
      .sort()
    expect(askers).toEqual([
      'src-main/formats/confined-path.ts',
      'src-main/formats/model-file.ts',
      'src-main/formats/safetensors/shards.ts',
    ])
  })
})

/** Globals that make a result depend on more than its inputs. */
const IMPURE = new Set(['Date', 'performance', 'process', 'crypto', 'fetch', 'setTimeout', 'setInterval'])

function impurities(file: SourceFile): string[] {
  const found: string[] = []
  if (!file.syntax) return found
  visit(file.syntax, (node) => {
    if (!ts.isIdentifier(node)) return
    const named = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node
    const key = (ts.isPropertyAssignment(node.parent) || ts.isPropertySignature(node.parent)) && node.parent.name === node
    const random = named && node.text === 'random' && node.parent.getText() === 'Math.random'
    if (random || (!named && !key && IMPURE.has(node.text)))
      found.push(`${file.path}:${lineOf(file, node)} uses ${random ? 'Math.random' : node.text}`)
  })
  return found
}

describe('methods, factors and allocation are pure', () => {
  const pure = core.filter(({ path }) => /^src-main\/(methods|allocation|factors)\//.test(path))

  test('they import no Node module', () => {
    expect(
      pure
        .flatMap(importsOf)
        .filter(({ specifier }) => specifier.startsWith('node:'))
        .map(at),
    ).toEqual([])
  })

  test('they use no clock, no chance, no process', () => {
    expect(pure.flatMap(impurities)).toEqual([])
  })

  test('impurity is seen, words that only look like it are not', () => {
    expect(impurities(parseSource('x.ts', 'const a = Math.random()\nconst b = new Date()'))).toEqual([
      'x.ts:1 uses Math.random',
      'x.ts:2 uses Date',
    ])
    expect(impurities(parseSource('x.ts', 'const a = { process: 1 }\nconst b = a.process + seed.random()'))).toEqual([])
  })

  test('one method file never imports another method', () => {
    // methods/<family>/<name>.ts is a method; methods/*.ts is what they share.
    const isMethod = (path: string): boolean => /^src-main\/methods\/[^/]+\/[^/]+\.ts$/.test(path)
    const crossed = pure
      .filter(({ path }) => isMethod(path))
      .flatMap(importsOf)
      .filter(({ target }) => target !== null && isMethod(target))
    expect(crossed.map(at)).toEqual([])
  })
})

describe('the lock file', () => {
  test('names no registry', () => {
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
    expect(lock.split('\n').filter((line) => /"resolved"|https?:\/\/[^"]*\/-\//.test(line))).toEqual([])
  })

  test('knows every platform of every optional package, without which npm ci refuses to work', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
    const wanted = Object.values<{ optionalDependencies?: object }>(packages).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}),
    )
    const locked = Object.keys(packages)
    expect(wanted.length).toBeGreaterThan(0)
    expect(wanted.filter((name) => !locked.some((path) => path.endsWith(`node_modules/${name}`)))).toEqual([])
  })

  test('agrees with package.json on what is pinned', () => {
    const wanted = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const locked = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages['']
    for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) expect(locked[group], group).toEqual(wanted[group])
    const versions = Object.values<string>({ ...wanted.dependencies, ...wanted.devDependencies, ...wanted.optionalDependencies })
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })
})
