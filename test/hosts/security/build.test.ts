import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { sourceFiles } from '../../architecture/tree.ts'
import { PAGE_HEADERS } from '../../../src-main/hosts/page-headers.ts'
import { SOURCE_ROOT } from '../../../src-main/hosts/workplace.ts'
import { SUPPORTED_ELECTRON } from './supported-electron.ts'

const read = (path: string): string => readFileSync(join(SOURCE_ROOT, path), 'utf8')
interface Manifest {
  readonly dependencies: Record<string, string>
  readonly devDependencies: Record<string, string>
  readonly scripts: Record<string, string>
}
const manifest = JSON.parse(read('package.json')) as Manifest // held to the lock file by npm

test("points 6, 8, 9 and 10: no flag that loosens the page's rules is anywhere in the host", () => {
  const host = sourceFiles('src-main')
    .filter(({ path }) => path.startsWith('src-main/hosts/electron/'))
    .map(({ text }) => text)
    .join('\n')
  expect(host).not.toMatch(
    /webSecurity: false|allowRunningInsecureContent: true|experimentalFeatures: true|enableBlinkFeatures|appendSwitch|bypassCSP|contextIsolation: false|sandbox: false|nodeIntegration: true|corsEnabled|disable-web-security|(?<!hasSwitch\(')no-sandbox/,
  )
})

test('point 7: the content policy is the strict one, for every host', () => {
  const policy = Object.fromEntries(
    (PAGE_HEADERS['Content-Security-Policy'] ?? '').split('; ').map((rule) => [rule.split(' ', 1)[0], rule.split(' ').slice(1).join(' ')]),
  )
  expect(policy).toEqual({
    'default-src': `'none'`,
    'script-src': `'self'`,
    'style-src': `'self'`,
    'img-src': `'self' data:`,
    'font-src': `'self'`,
    'connect-src': `'self'`,
    'base-uri': `'none'`,
    'form-action': `'none'`,
    'frame-ancestors': `'none'`,
  })
})

test('point 16: Electron is of a line that is still mended', () => {
  const version = manifest.devDependencies['electron'] ?? ''
  expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  expect(SUPPORTED_ELECTRON).toContain(Number(version.split('.')[0]))
})

test('point 19: the fuses of packaged builds', () => {
  const { electronFuses } = parse(read('electron-builder.yml')) as { electronFuses: Record<string, boolean> }
  expect(electronFuses).toMatchObject({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  })
})

/**
 * Engines of llama.cpp for systems the lock file was not made on: the registry it was made from holds no hash of them. A release build
 * fills them in.
 */
const UNHASHED = /^node_modules\/@node-llama-cpp\/(mac-arm64-metal|mac-x64|win-arm64|win-x64)$/

test('packages are pinned, hashed, and run nothing when they are installed', () => {
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { integrity?: string; link?: boolean }> }
  const bare = Object.entries(packages).filter(
    ([path, { integrity }]) => path !== '' && !UNHASHED.test(path) && !/^sha512-/.test(integrity ?? ''),
  )
  expect(bare.map(([path]) => path)).toEqual([])
  expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m)
  expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([])
})

test('every one of the twenty points has a test that names it', () => {
  const files = ['contents', 'window', 'calls', 'build'].map((name) => `test/hosts/security/${name}.test.ts`)
  const titles = [...files, 'test/e2e/security.spec.ts'].flatMap((path) =>
    [...read(path).matchAll(/points? ([\d, and]+)/g)].map((match) => match[1] ?? ''),
  )
  const named = new Set(titles.flatMap((title) => title.match(/\d+/g) ?? []).map(Number))
  expect(Array.from({ length: 20 }, (_, index) => index + 1).filter((point) => !named.has(point))).toEqual([])
  expect(existsSync(join(SOURCE_ROOT, 'test/e2e/security.spec.ts'))).toBe(true)
})
