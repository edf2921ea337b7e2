import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readPageFile } from '../../src-main/hosts/page-files.ts'
import { temporaryFolder } from '../store/example.ts'

function page(): string {
  const root = temporaryFolder()
  const folder = join(root, 'page')
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(folder, 'index.html'), '<!doctype html>')
  writeFileSync(join(folder, 'assets', 'a b.js'), 'let a')
  writeFileSync(join(folder, 'secret'), 'no type')
  writeFileSync(join(root, 'outside.html'), 'outside')
  symlinkSync(join(root, 'outside.html'), join(folder, 'link.html'))
  mkdirSync(join(folder, 'folder.html'))
  return folder
}

test('files of the page come with their type', async () => {
  const folder = page()
  expect(await readPageFile(folder, '/')).toMatchObject({ type: 'text/html; charset=utf-8' })
  expect(await readPageFile(folder, '/index.html?x=1#y')).toMatchObject({ body: Buffer.from('<!doctype html>') })
  expect(await readPageFile(folder, '/assets/a%20b.js')).toMatchObject({
    type: 'text/javascript; charset=utf-8',
    body: Buffer.from('let a'),
  })
})

test.each([
  '/../outside.html',
  '/assets/../../outside.html',
  '/%2e%2e/outside.html',
  '/..%2foutside.html',
  '/%2e%2e%5coutside.html',
  '/..\\outside.html',
  '/link.html',
  '/%00index.html',
  '/index.html%00',
  '/C:/index.html',
  'index.html',
  '',
  '/%',
  '/%zz',
  '//etc/passwd',
  '/secret',
  '/folder.html',
  '/assets/',
  '/missing.js',
])('%j is not served', async (path) => expect(await readPageFile(page(), path)).toBeNull())
