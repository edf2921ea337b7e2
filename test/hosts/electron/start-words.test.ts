import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { readStartWords } from '../../../src-main/hosts/electron/start-words.ts'

const folder = mkdtempSync(join(tmpdir(), 'whittle-words-'))
afterAll(() => rmSync(folder, { recursive: true }))
const model = join(folder, 'my model')
mkdirSync(model)
mkdirSync(join(folder, 'app'))
writeFileSync(join(folder, '--flag'), '')

const packed = (...words: string[]) => readStartWords(['whittle', ...words], true, folder)
const fromSource = (...words: string[]) => readStartWords(['electron', ...words], false, folder)

test('the path of a start is its first word that is there', () => {
  expect(packed('my model').path).toBe(model)
  expect(packed('missing', model).path).toBe(model)
  expect(packed('', 'a\0b').path).toBeNull()
  expect(packed().path).toBeNull()
})

test('a path that is not there is told all the same, so that the page can say so', () => {
  expect(packed('missing').path).toBe(join(folder, 'missing'))
})

test('switches of Chromium and of the desktop are no paths; after -- every word is one', () => {
  expect(packed('--no-such-switch', '--lang=en', '-psn_0_123', '--flag', 'my model').path).toBe(model)
  expect(packed('--', '--flag').path).toBe(join(folder, '--flag'))
})

test('desktops name files by address', () => {
  expect(packed(pathToFileURL(model).href).path).toBe(model)
  expect(packed('file://elsewhere/share').path).toBe(process.platform === 'win32' ? '\\\\elsewhere\\share' : null)
})

test('the model that comes with Whittle is opened by its name', () => expect(packed('whittle:demo-model').path).toBe('whittle:demo-model'))

test("Electron run from the sources is told the app's folder, which is no model, with or without switches before it", () => {
  expect(fromSource('app')).toEqual({ work: null, path: null })
  expect(fromSource('--inspect=0', '--no-sandbox', 'app', 'my model').path).toBe(model)
  expect(fromSource()).toEqual({ work: null, path: null })
})

test.each([[['--work', 'data']], [['--work=data']], [['my model', '--work', 'data']]])(
  'the data folder in %j is the one asked for, in both forms, and is not opened as a model',
  (words) => {
    for (const { work, path } of [packed(...words), fromSource('app', ...words)]) {
      expect(work).toBe(join(folder, 'data'))
      expect(path).toBe(words.includes('my model') ? model : null)
    }
  },
)

test.each([[['--work']], [['--work=']]])('%j asks for no folder', (words) => expect(packed(...words)).toEqual({ work: null, path: null }))
