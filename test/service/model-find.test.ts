import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FoundModel } from '../../src-main/contract/calls.ts'
import { hubFolder, lookForModels } from '../../src-main/service/look-for-models.ts'
import type { Service } from '../../src-main/service/service.ts'
import { temporaryFolder } from '../store/example.ts'
import { DEMO_MODEL, exampleWorkplace } from './example-service.ts'

const CONFIG = readFileSync(join(DEMO_MODEL, 'config.json'), 'utf8')

/** A folder that looks like a model of one small shard. */
function makeModel(path: string, config = CONFIG): string {
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'config.json'), config)
  writeFileSync(join(path, 'model.safetensors'), Buffer.alloc(100))
  return path
}

beforeEach(() => {
  vi.stubEnv('HF_HUB_CACHE', join(temporaryFolder(), 'none'))
})
afterEach(() => {
  vi.unstubAllEnvs()
})

async function found(service: Service): Promise<FoundModel[]> {
  return [...(await service.call('model.find', {}))].sort((a, b) => a.path.localeCompare(b.path))
}

test('models lie in the folders of the settings, up to two levels deep', async () => {
  const { service } = exampleWorkplace()
  const models = temporaryFolder()
  const paths = [makeModel(join(models, 'one')), makeModel(join(models, 'org', 'two'))]
  makeModel(join(models, 'a', 'b', 'too-deep'))
  makeModel(join(models, '.hidden'))
  makeModel(join(models, 'one', 'checkpoint-100'))
  await service.call('settings.set', { modelFolders: [models] })
  expect(await found(service)).toEqual(
    paths.map((path, i) => ({ path, name: ['one', 'two'][i], architecture: 'qwen3_moe', bytes: 100, obstacle: null })),
  )
  await service.call('settings.set', { modelFolders: [paths[1] ?? ''] })
  expect((await found(service)).map((model) => model.path)).toEqual([paths[1]])
})

test('what cannot be opened is listed with the reason; what is no model is not', async () => {
  const { service } = exampleWorkplace()
  const models = temporaryFolder()
  makeModel(join(models, 'a-other'), JSON.stringify({ model_type: 'gpt2' }))
  makeModel(
    join(models, 'b-quantized'),
    JSON.stringify({ ...(JSON.parse(CONFIG) as object), quantization_config: { quant_method: 'gptq' } }),
  )
  const partial = makeModel(join(models, 'c-partial'))
  renameSync(join(partial, 'model.safetensors'), join(partial, 'model-00001-of-00002.safetensors'))
  writeFileSync(
    join(partial, 'model.safetensors.index.json'),
    JSON.stringify({ weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' } }),
  )
  const pickle = makeModel(join(models, 'd-pickle'))
  renameSync(join(pickle, 'model.safetensors'), join(pickle, 'pytorch_model.bin'))
  makeModel(join(models, 'e-damaged'), '{"model_type": ')
  mkdirSync(join(models, 'f-webpage'))
  writeFileSync(join(models, 'f-webpage', 'config.json'), '{"theme": "dark"}')
  await service.call('settings.set', { modelFolders: [models] })
  expect((await found(service)).map(({ name, architecture, bytes, obstacle }) => [name, architecture, bytes, obstacle?.code])).toEqual([
    ['a-other', 'gpt2', 100, 'architecture-unknown'],
    ['b-quantized', 'qwen3_moe', 100, 'already-quantized'],
    ['c-partial', 'qwen3_moe', 100, 'shard-missing'],
    ['d-pickle', 'qwen3_moe', 100, 'pickle-refused'],
    ['e-damaged', null, 100, 'config-invalid'],
  ])
})

test('models opened before are found wherever they lie, and each model once', async () => {
  const { service } = exampleWorkplace()
  const models = temporaryFolder()
  const copy = join(models, 'demo')
  cpSync(DEMO_MODEL, copy, { recursive: true })
  symlinkSync(copy, join(models, 'link'))
  const { bytes } = await service.call('model.open', { path: copy })
  await service.call('settings.set', { modelFolders: [models, copy] })
  expect(await found(service)).toMatchObject([{ path: copy, bytes, obstacle: null }])
  rmSync(copy, { recursive: true })
  expect(await found(service)).toEqual([])
})

test('links are looked at but not gone into, and lead into no circle', async () => {
  const [models, elsewhere] = [temporaryFolder(), temporaryFolder()]
  makeModel(join(elsewhere, 'model'))
  symlinkSync(models, join(models, 'again'))
  symlinkSync(elsewhere, join(models, 'out'))
  symlinkSync(join(elsewhere, 'model'), join(models, 'direct'))
  symlinkSync('/nowhere/at/all', join(models, 'broken'))
  expect(await lookForModels([models, join(models, 'missing')])).toEqual([{ path: join(models, 'direct'), name: 'direct' }])
})

test('a folder as wide as a disk is not walked through', async () => {
  const models = temporaryFolder()
  for (let i = 0; i < 40; i++) makeModel(join(models, `m${i}`))
  expect(await lookForModels([models], { folders: 10, ms: 5000 })).toHaveLength(10)
  expect(await lookForModels([models], { folders: 100, ms: -1 })).toHaveLength(0)
})

test("Hugging Face's cache is read by its own rules: names from folders, the revision last fetched", async () => {
  const { service } = exampleWorkplace()
  const home = temporaryFolder()
  const hub = join(home, 'hub')
  vi.stubEnv('HF_HUB_CACHE', '')
  vi.stubEnv('HF_HOME', home)
  const model = join(hub, 'models--Qwen--Qwen3-30B-A3B')
  const [old, fresh] = ['a'.repeat(40), 'b'.repeat(40)]
  mkdirSync(join(model, 'blobs'), { recursive: true })
  writeFileSync(join(model, 'blobs', 'config'), CONFIG)
  writeFileSync(join(model, 'blobs', 'weights'), Buffer.alloc(70))
  for (const revision of [old, fresh]) {
    const snapshot = join(model, 'snapshots', revision)
    mkdirSync(snapshot, { recursive: true })
    symlinkSync('../../blobs/config', join(snapshot, 'config.json'))
    symlinkSync('../../blobs/weights', join(snapshot, 'model.safetensors'))
  }
  mkdirSync(join(hub, 'datasets--a--b'), { recursive: true })
  expect((await found(service)).map(({ path }) => path)).toEqual([join(model, 'snapshots', old), join(model, 'snapshots', fresh)])
  mkdirSync(join(model, 'refs'))
  writeFileSync(join(model, 'refs', 'main'), fresh)
  expect(await found(service)).toEqual([
    { path: join(model, 'snapshots', fresh), name: 'Qwen/Qwen3-30B-A3B', architecture: 'qwen3_moe', bytes: 70, obstacle: null },
  ])
})

test.each([
  [{ HF_HUB_CACHE: '/c', HF_HOME: '/h' }, '/c'],
  [{ HF_HOME: '/h' }, '/h/hub'],
  [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
  [{}, '/me/.cache/huggingface/hub'],
])('with %j the cache is at %s', (env, folder) => {
  expect(hubFolder(env, '/me')).toBe(folder)
})
