import { describe, expect, test } from 'vitest'
import { importsOf, sourceFiles, type Import } from './tree.ts'

/** The chapters of the core in reading order: a chapter imports itself and the ones before it. */
const CHAPTERS = [
  'contract', 'tensor', 'compute', 'kernels', 'architectures', 'formats', 'model', 'text', 'forward', 'calibration', 'allocation',
  'methods', 'report', 'pipeline', 'store', 'jobs', 'service', 'hosts',
]

const core = sourceFiles('src-main')
const renderer = sourceFiles('src-renderer')

/** 'src-main/tensor/dtype.ts' is in chapter 'tensor'; '' for what is in none. */
function chapterOf(path: string): string {
  return path.startsWith('src-main/') ? path.split('/')[1] ?? '' : ''
}

function breaksOrder({ from, target }: Import): boolean {
  if (target === null) return false
  return CHAPTERS.indexOf(chapterOf(target)) > CHAPTERS.indexOf(chapterOf(from.path))
}

function sentence({ from, line, target, specifier }: Import): string {
  return `${from.path}:${line} imports ${target ?? specifier}`
}

describe('the layer rule', () => {
  test('every file of the core lies in a known chapter', () => {
    const strays = core.filter(({ path }) => !CHAPTERS.includes(chapterOf(path))).map(({ path }) => path)
    expect(strays).toEqual([])
  })

  test('a chapter imports only itself and earlier chapters (type imports count)', () => {
    const broken = core.flatMap(importsOf).filter(breaksOrder).map(sentence)
    expect(broken).toEqual([])
  })

  test('the core imports nothing outside src-main', () => {
    const outside = core.flatMap(importsOf).filter(({ target }) => target !== null && !target.startsWith('src-main/')).map(sentence)
    expect(outside).toEqual([])
  })

  test('the renderer imports only contract/ from the core', () => {
    const broken = renderer.flatMap(importsOf)
      .filter(({ target }) => target !== null && !target.startsWith('src-renderer/') && !target.startsWith('src-main/contract/')).map(sentence)
    expect(broken).toEqual([])
  })

  test('the renderer uses no Node module', () => {
    expect(renderer.flatMap(importsOf).filter(({ specifier }) => specifier.startsWith('node:')).map(sentence)).toEqual([])
  })

  test('the rule would be seen broken', () => {
    const from = core.find(({ path }) => path.startsWith('src-main/tensor/'))
    if (!from) throw new Error('src-main/tensor is empty')
    expect(breaksOrder({ from, specifier: '../store/database.ts', target: 'src-main/store/database.ts', line: 1 })).toBe(true)
    expect(breaksOrder({ from, specifier: '../contract/plan.ts', target: 'src-main/contract/plan.ts', line: 1 })).toBe(false)
  })
})
