import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Recipe } from '../../../src-main/contract/recipe.ts'
import { forkEngine } from '../../../src-main/hosts/engine-process.ts'
import { openWorkplace } from '../../../src-main/hosts/workplace.ts'
import { TINY_K_SHAPE, writeTinyCheckpoint } from '../../fixtures/tiny-checkpoint.ts'
import { temporaryFolder } from '../../store/example.ts'
import { missingNeighbors, missingPackages, packagesOf, scriptsIn } from './imports.ts'
import { packedBytes, packForLinux, type Packed } from './pack.ts'

/** Packages of dependencies that serve building from source only. */
const LEFT_OUT = new Set(['node-addon-api', 'cmake-js'])

// Electron's own folder layout is packed for, so the stand-in is Linux's; what differs elsewhere is names of files.
const here = process.platform === 'linux' && process.arch === 'x64'

let packed: Packed
beforeAll(async () => {
  if (here) packed = await packForLinux()
})
afterAll(() => {
  if (here) packed.remove()
})

const at = (...path: string[]): string => join(packed.extracted, ...path)

test.runIf(here)('the package holds the built app, its resources and packages, and nothing of the sources', () => {
  const tops = new Set(packed.files.map(({ path }) => path.split('/')[0]))
  expect([...tops].sort()).toEqual(['LICENSE', 'native-kernels', 'node_modules', 'out', 'package.json', 'resources'])
  for (const path of [
    'out/main/index.js',
    'out/main/engine.js',
    'out/preload/preload.cjs',
    'out/renderer/index.html',
    'resources/demo-model/config.json',
  ]) {
    expect(
      packed.files.map((file) => file.path),
      path,
    ).toContain(path)
  }
  const sources = packed.files.filter(({ path }) =>
    /\.(ts|vue|map|cc|cpp|h)$|^node_modules\/(electron|typescript|vite|vitest|vue|echarts|playwright|node-(linux|win)-[^/]+)\//.test(path),
  )
  expect(sources.map(({ path }) => path)).toEqual([])
  const manifest: unknown = JSON.parse(readFileSync(at('package.json'), 'utf8'))
  expect(manifest).toMatchObject({ main: 'out/main/index.js' })
  expect(manifest).not.toHaveProperty('devDependencies')
})

test.runIf(here)('native code of this system only, all of it outside the archive', () => {
  const native = packed.files.filter(({ path }) => /\.(node|so|dll|dylib|wasm)(\.\d+)*$/.test(path))
  expect(native.filter(({ unpacked }) => !unpacked)).toEqual([])
  const foreign = native.filter(({ path }) => /win32|windows|darwin|mac|arm64|musl|\.dll|\.dylib/.test(path.replace(/\.wasm$/, '')))
  expect(foreign).toEqual([])
  const names = native.map(({ path }) => path)
  expect(names).toEqual(
    expect.arrayContaining([
      'node_modules/better-sqlite3/prebuilds/linux-x64.node',
      'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node',
      'node_modules/highs/build/highs.wasm',
      'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/llama-addon.node',
    ]),
  )
  for (const path of names) expect(existsSync(join(`${packed.archive}.unpacked`, path)), path).toBe(true)
})

test.runIf(here)('everything the bundles import is in the package, and everything that in turn needs', () => {
  const scripts = [...scriptsIn(at('out/main')), ...scriptsIn(at('out/preload'))]
  expect(scripts.flatMap(missingNeighbors)).toEqual([])
  const packages = [...new Set(scripts.flatMap(packagesOf))]
  expect(packages).toEqual(expect.arrayContaining(['better-sqlite3', 'onnxruntime-node', 'highs', 'zod']))
  expect(missingPackages(packed.extracted, packages, LEFT_OUT)).toEqual([])
})

test.runIf(here)('threads are started from files that are there', () => {
  const named = scriptsIn(at('out/main')).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/["'`]\.\/([\w-]+-worker)\b/g)].map((match) => match[1] ?? ''),
  )
  expect(named.length).toBeGreaterThan(0)
  for (const name of new Set(named)) expect(existsSync(at('out/main', `${name}.js`)), name).toBe(true)
})

/**
 * Whatever in the package may start a process, and why that is no second Whittle: `fork` and `process.execPath` mean the app itself there,
 * whose fuses keep it from running as Node. A newcomer to this list is read first, and tried in the packed program
 * (test/e2e/window/packed.spec.ts).
 */
const STARTERS: Readonly<Record<string, string>> = {
  'out/main': 'fork-through-main.ts replaces fork in the engine; the others start programs of the system by name',
  '@reflink/reflink': 'asks ldd for the C library, once, where the system does not tell',
  commander: 'subcommands of command lines, of which nothing here is one',
  'cross-spawn': 'starts what node-llama-cpp builds with, which build: "never" keeps it from',
  'electron-log': 'asks the system for its name and version',
  'electron-updater': "starts the installer of a newer version, at the user's wish",
  'node-llama-cpp': 'tests its binary with fork, which the main process does for it; the rest is building',
  'simple-git': "fetches llama.cpp's sources, which skipDownload keeps it from",
  systeminformation: 'asks programs of the system by name',
}

test.runIf(here)('who may start processes in the package is known', () => {
  const found = packed.files.filter(({ path }) => /\.[cm]?js$/.test(path) && /\bchild_process\b/.test(readFileSync(at(path), 'utf8')))
  const starters = found.map(({ path }) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split('/').slice(0, 2).join('/'))
  expect([...new Set(starters)].sort()).toEqual(Object.keys(STARTERS).sort())
})

test.runIf(here)('the fuses are flipped', async () => {
  const wire = await getCurrentFuseWire(join(packed.folder, 'whittle'))
  const { DISABLE, ENABLE } = FuseState
  expect(wire).toMatchObject({
    [FuseV1Options.RunAsNode]: DISABLE,
    [FuseV1Options.EnableCookieEncryption]: ENABLE,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: DISABLE,
    [FuseV1Options.EnableNodeCliInspectArguments]: DISABLE,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: ENABLE,
    [FuseV1Options.OnlyLoadAppFromAsar]: ENABLE,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: DISABLE,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: DISABLE,
  })
})

test.runIf(here)('no feed of updates is built in, only our languages come along, licenses stay', () => {
  expect(existsSync(join(packed.folder, 'resources', 'app-update.yml'))).toBe(false)
  expect(readdirSync(join(packed.folder, 'locales')).sort()).toEqual(['de.pak', 'en-US.pak'])
  for (const name of ['LICENSE.electron.txt', 'LICENSES.chromium.html']) expect(existsSync(join(packed.folder, name)), name).toBe(true)
})

test.runIf(here)('the packed engine shrinks a model, with the packed kernels, solver, texts and database', async () => {
  const model = join(temporaryFolder(), 'tiny')
  await writeTinyCheckpoint(model, { shape: TINY_K_SHAPE, tokenizer: true })
  const workplace = openWorkplace({
    host: { kind: 'electron', missing: [], pickFolder: null, reveal: null },
    spawn: () => forkEngine(at('out/main/engine.js')),
    root: packed.extracted,
    work: temporaryFolder(),
  })
  onTestFinished(() => workplace.close())
  const state = new Promise<{ state: string; error: unknown }>((resolve) => {
    workplace.service.subscribe((event) => {
      if (event.kind === 'state' && ['done', 'failed', 'interrupted'].includes(event.state)) resolve(event)
    })
  })
  const recipe = Recipe.parse({
    modelPath: model,
    budget: { kind: 'bits', bitsPerWeight: 6.5 },
    calibrationTokens: 1024,
    heldOutTokens: 512,
    windowTokens: 64,
  })
  const { id } = await workplace.service.call('run.begin', { recipe, check: null })
  expect(await state).toMatchObject({ state: 'done', error: null })
  expect((await workplace.service.call('run.get', { runId: id })).report).toMatchObject({ format: 'gguf' })
  const { demoModelPath } = await workplace.service.call('app.info', {})
  expect(await workplace.service.call('model.open', { path: demoModelPath })).toMatchObject({ path: 'whittle:demo-model', layers: 3 })
  expect(await workplace.service.call('model.open', { path: at('resources/demo-model') })).toMatchObject({ path: 'whittle:demo-model' })
})

test.runIf(here)('without Electron the package stays under 130 MB', () => {
  const megabytes = packedBytes(packed) / 1e6
  console.info(`the package without Electron: ${megabytes.toFixed(1)} MB`)
  expect(megabytes).toBeLessThan(130)
  expect(createRequire(at('x.js')).resolve('highs')).toContain(packed.extracted)
})
