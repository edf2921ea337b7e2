import { describe, expect, test } from 'vitest'
import { importsOf, parseSource, sourceFiles, type Import } from './tree.ts'

/** The chapters of the core in reading order: a chapter imports itself and the ones before it. */
const CHAPTERS = [
  'contract',
  'tensor',
  'compute',
  'kernels',
  'architectures',
  'formats',
  'forms',
  'model',
  'text',
  'forward',
  'calibration',
  'allocation',
  'factors',
  'methods',
  'report',
  'pipeline',
  'store',
  'jobs',
  'service',
  'hosts',
]

/** The renderer's folders in the same order; the files that start the app lie above them all. */
const ROOMS = [
  'transports',
  'api',
  'locales',
  'words',
  'ui',
  'charts',
  'stores',
  'run',
  'wizard',
  'history',
  'compare',
  'result',
  'export',
  'settings',
  'shell',
]
/** What starts the app, and what the page runs before it. */
const ABOVE = ['App.vue', 'main.ts', 'router.ts', 'start.ts', 'vue-modules.d.ts', 'public']

const core = sourceFiles('src-main')
const renderer = sourceFiles('src-renderer')

/** 'src-main/tensor/dtype.ts' is in chapter 'tensor'; '' for what is in none. */
function chapterOf(path: string): string {
  return path.startsWith('src-main/') ? (path.split('/')[1] ?? '') : ''
}

function breaksOrder({ from, target }: Import): boolean {
  if (target === null) return false
  return CHAPTERS.indexOf(chapterOf(target)) > CHAPTERS.indexOf(chapterOf(from.path))
}

/** Place of a renderer's file among its folders: after all of them for what starts the app; -1 for what is in none, or in the core. */
function placeOf(path: string): number {
  const [side, room = ''] = path.split('/')
  if (side !== 'src-renderer') return -1
  return ABOVE.includes(room) ? ROOMS.length : ROOMS.indexOf(room)
}

function breaksRoomOrder({ from, target }: Import): boolean {
  return target !== null && placeOf(target) > placeOf(from.path)
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
    const outside = core
      .flatMap(importsOf)
      .filter(({ target }) => target !== null && !target.startsWith('src-main/'))
      .map(sentence)
    expect(outside).toEqual([])
  })

  test('the renderer imports only contract/ from the core', () => {
    const broken = renderer
      .flatMap(importsOf)
      .filter(({ target }) => target !== null && !target.startsWith('src-renderer/') && !target.startsWith('src-main/contract/'))
      .map(sentence)
    expect(broken).toEqual([])
  })

  test('every file of the renderer lies in a known folder and imports only that and earlier ones: what two share moves up', () => {
    expect(renderer.filter(({ path }) => !path.endsWith('.css') && placeOf(path) === -1).map(({ path }) => path)).toEqual([])
    expect(renderer.flatMap(importsOf).filter(breaksRoomOrder).map(sentence)).toEqual([])
  })

  test('the renderer uses no Node module', () => {
    expect(
      renderer
        .flatMap(importsOf)
        .filter(({ specifier }) => specifier.startsWith('node:'))
        .map(sentence),
    ).toEqual([])
  })

  test('a broken rule is seen, with its line', () => {
    const broken = parseSource(
      'src-main/tensor/x.ts',
      "import type { Plan } from '../contract/plan.ts'\nimport type { Store } from '../store/store.ts'\n",
    )
    expect(importsOf(broken).filter(breaksOrder).map(sentence)).toEqual(['src-main/tensor/x.ts:2 imports src-main/store/store.ts'])
    const hidden = parseSource(
      'src-main/tensor/x.ts',
      "const late = await import('../jobs/runner.ts')\ntype Late = import('../store/store.ts').Store\n",
    )
    expect(importsOf(hidden).filter(breaksOrder)).toHaveLength(2)
    const component = parseSource(
      'src-renderer/ui/X.vue',
      '<template><p /></template>\n\n<script setup lang="ts">\nimport { open } from \'../../src-main/model/open-checkpoint.ts\'\n</script>\n',
    )
    expect(importsOf(component).map(sentence)).toEqual(['src-renderer/ui/X.vue:4 imports src-main/model/open-checkpoint.ts'])
    const upwards = parseSource(
      'src-renderer/ui/x.ts',
      "import { t } from '../locales/i18n.ts'\nimport { useRuns } from '../stores/runs.ts'\n",
    )
    expect(importsOf(upwards).filter(breaksRoomOrder).map(sentence)).toEqual(['src-renderer/ui/x.ts:2 imports src-renderer/stores/runs.ts'])
  })
})
