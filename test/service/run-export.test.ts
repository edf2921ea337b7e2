import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { ExportOrder } from '../../src-main/contract/export.ts'
import { Plan } from '../../src-main/contract/plan.ts'
import { Recipe } from '../../src-main/contract/recipe.ts'
import { runExport } from '../../src-main/service/run-export.ts'
import { setState } from '../../src-main/store/runs.ts'
import { plan, temporaryFolder } from '../store/example.ts'
import { doneRun } from './done-run.ts'
import { exampleWorkplace } from './example-service.ts'

// Hard links are made as ever, unless a test says that this volume has none.
const links = vi.hoisted(() => ({ none: false }))
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const link: typeof real.link = async (from, to) => {
    if (links.none) throw Object.assign(new Error('no links here'), { code: 'EXDEV' })
    return real.link(from, to)
  }
  return { ...real, link }
})

const hasSums = spawnSync('sha256sum', ['--version']).status === 0
const exported = (runId: string, changes: Partial<ExportOrder> = {}) => ExportOrder.parse({ runId, ...changes })

test('a copy is a hard link, what is there is kept: equal it counts, else it is refused', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const { runId, path } = doneRun(store, 'the weights')
  const folder = join(temporaryFolder(), 'new', 'folder')
  const { files } = await service.call('run.export', { runId, folder, model: 'copy', name: 'Ein Modell (1) ünïcode 模型' })
  const target = join(folder, 'Ein Modell (1) ünïcode 模型.gguf')
  expect(files).toEqual([{ path: target, bytes: 11, linked: true }])
  expect(statSync(target).ino).toBe(statSync(path).ino)
  expect((await service.call('run.export', { runId, folder, model: 'copy', name: 'Ein Modell (1) ünïcode 模型' })).files).toEqual([
    { path: target, bytes: 11, linked: false },
  ])
  writeFileSync(join(folder, 'other.gguf'), 'THE WEIGHTS')
  await expect(service.call('run.export', { runId, folder, model: 'copy', name: 'other' })).rejects.toMatchObject({
    code: 'output-exists',
    details: { path: join(folder, 'other.gguf') },
  })
  expect(readFileSync(join(folder, 'other.gguf'), 'utf8')).toBe('THE WEIGHTS')
  await expect(service.call('run.export', { runId, folder, model: 'copy', name: 'a/b' })).rejects.toMatchObject({ code: 'request-invalid' })
})

test('without links it is copied, checked, and asks for room first', async () => {
  const { dependencies } = exampleWorkplace()
  const { runId, path } = doneRun(dependencies.store, 'the weights')
  const folder = temporaryFolder()
  links.none = true
  try {
    await expect(runExport(dependencies, exported(runId, { folder, model: 'copy' }), async () => 10)).rejects.toMatchObject({
      code: 'disk-full',
      details: { needed: 11, freeBytes: 10, path: join(folder, 'tiny.gguf') },
    })
    expect(readdirSync(folder)).toEqual([])
    const { files } = await runExport(dependencies, exported(runId, { folder, model: 'copy' }))
    expect(files).toEqual([{ path: join(folder, 'tiny.gguf'), bytes: 11, linked: false }])
    expect(readFileSync(join(folder, 'tiny.gguf'), 'utf8')).toBe('the weights')
    writeFileSync(path, 'the WEIGHTS')
    await expect(runExport(dependencies, exported(runId, { folder, model: 'copy', name: 'again' }))).rejects.toMatchObject({
      code: 'export-failed',
      details: { reason: 'copy-differs' },
    })
    expect(readdirSync(folder)).toEqual(['tiny.gguf'])
  } finally {
    links.none = false
  }
})

test("all extras: a card, a recipe without paths, the plan, Ollama's file, and sums that hold", async () => {
  const {
    service,
    dependencies: { store, version },
  } = exampleWorkplace()
  const { runId, report } = doneRun(store, 'the weights', {
    name: 'my model.gguf',
    recipe: {
      corpusPath: '/home/somebody/private/notes.txt',
      outPath: '/home/somebody/private/my model.gguf',
      budget: { kind: 'vram', vramBytes: 12 * 2 ** 30, contextTokens: 16384 },
    },
  })
  const folder = temporaryFolder()
  const request = { runId, folder, model: 'copy', extras: ['card', 'recipe', 'plan', 'checksums', 'modelfile'] } as const
  const { files } = await service.call('run.export', { ...request, extras: [...request.extras] })
  expect(files.map(({ path }) => basename(path))).toEqual([
    'my model.gguf',
    'README.md',
    'recipe.json',
    'plan.json',
    'Modelfile',
    'SHA256SUMS',
  ])
  for (const { path, bytes } of files) expect(statSync(path).size).toBe(bytes)
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const recipe = Recipe.parse(JSON.parse(text('recipe.json')))
  expect(recipe).toMatchObject({ modelPath: 'demo-model', corpusPath: 'notes.txt', outPath: 'my model.gguf' })
  expect(Plan.parse(JSON.parse(text('plan.json')))).toMatchObject({ method: plan.method, bytes: 11 })
  expect(text('Modelfile')).toContain('FROM "./my model.gguf"\nPARAMETER num_ctx 16384\n')
  const card = text('README.md')
  for (const said of [
    'Measured bits',
    version,
    '100 held-out tokens',
    '10.000 | 11.000',
    '0.0200 ± 0.0010',
    '95.0 %',
    `llama-server -m 'my model.gguf' -c 16384`,
    'ollama create my-model -f Modelfile',
    'notes.txt',
  ])
    expect(card).toContain(said)
  for (const name of ['README.md', 'recipe.json', 'plan.json', 'Modelfile', 'SHA256SUMS']) expect(text(name)).not.toContain('somebody')
  expect(text('SHA256SUMS')).toContain(`${report.file.sha256}  my model.gguf\n`)
  if (hasSums) expect(execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' }).trim().split('\n')).toHaveLength(5)
  // The same again changes nothing; a file somebody changed stays theirs.
  await service.call('run.export', { ...request, extras: [...request.extras] })
  writeFileSync(join(folder, 'README.md'), 'mine')
  await expect(service.call('run.export', { ...request, extras: ['card', 'recipe'] })).rejects.toMatchObject({
    code: 'output-exists',
    details: { path: join(folder, 'README.md') },
  })
  expect(text('README.md')).toBe('mine')
})

test("beside the run's own file, names carry the model's, because other runs write there", async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const { runId, path } = doneRun(store, 'the weights', { name: 'tiny\\odd\nname.gguf' })
  const { files } = await service.call('run.export', { runId, extras: ['checksums', 'modelfile'] })
  expect(files.map((file) => basename(file.path))).toEqual(['tiny\\odd\nname.Modelfile', 'tiny\\odd\nname.SHA256SUMS'])
  expect(readFileSync(path, 'utf8')).toBe('the weights')
  if (hasSums) execFileSync('sha256sum', ['-c', '--strict', 'tiny\\odd\nname.SHA256SUMS'], { cwd: dirname(path) })
})

test('a folder is copied file by file; it cannot be split, nor have a Modelfile', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const source = join(temporaryFolder(), 'small-model')
  mkdirSync(source)
  writeFileSync(join(source, 'a.safetensors'), 'weights')
  writeFileSync(join(source, 'config.json'), '{}')
  const sum = createHash('sha256').update('weights').digest('hex')
  const file = { path: source, bytes: 7, sha256: createHash('sha256').update(`${sum}  a.safetensors\n`).digest('hex') }
  const { runId } = doneRun(store, '', { report: { format: 'safetensors', file }, plan: { format: 'safetensors' } })
  const folder = temporaryFolder()
  const { files } = await service.call('run.export', { runId, folder, model: 'copy', extras: ['card', 'checksums'] })
  expect(files[0]).toEqual({ path: join(folder, 'small-model'), bytes: 7, linked: true })
  expect(readdirSync(join(folder, 'small-model')).sort()).toEqual(['a.safetensors', 'config.json'])
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('trust_remote_code=True')
  if (hasSums) execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: folder })
  await expect(service.call('run.export', { runId, folder, model: 'split', extras: ['modelfile'] })).rejects.toMatchObject({
    code: 'request-invalid',
    details: { problems: [{ path: 'model' }, { path: 'extras' }] },
  })
})

test('a run that is not done, or whose file is gone or changed, exports nothing', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const folder = temporaryFolder()
  const refused = (runId: string, model: 'leave' | 'copy' = 'copy') =>
    expect(service.call('run.export', { runId, folder, model, extras: ['card'] })).rejects
  const unfinished = doneRun(store)
  setState(store, unfinished.runId, 'failed', null)
  await refused(unfinished.runId).toMatchObject({ code: 'export-failed', details: { reason: 'not-done' } })
  const gone = doneRun(store)
  rmSync(gone.path)
  await refused(gone.runId).toMatchObject({ code: 'export-failed', details: { reason: 'file-gone', path: gone.path } })
  await refused(gone.runId, 'leave').toMatchObject({ code: 'export-failed', details: { reason: 'file-gone' } })
  const changed = doneRun(store)
  writeFileSync(changed.path, 'longer than it was')
  await refused(changed.runId).toMatchObject({ code: 'export-failed', details: { reason: 'file-changed' } })
  expect(readdirSync(folder)).toEqual([])
})

test('a card travels: its commands name the file alone, whole in a shell and in Markdown', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const card = async (name: string): Promise<string> => {
    const { runId } = doneRun(store, 'the weights', { name })
    const { files } = await service.call('run.export', { runId, folder: temporaryFolder(), extras: ['card'] })
    return readFileSync(files[0]?.path ?? '', 'utf8')
  }
  const spaced = await card("it's `x` $HOME.gguf")
  expect(spaced).toContain("\nllama-server -m 'it'\\''s `x` $HOME.gguf' --jinja\n")
  expect(spaced).toContain("**LM Studio**: ``lms import 'it'\\''s `x` $HOME.gguf'``")
  expect(spaced).toContain('``FROM "./it\'s `x` $HOME.gguf"``')
  expect(await card('-h.gguf')).toContain('lms import ./-h.gguf')
  const odd = await card('odd\nname.gguf')
  expect(odd).toContain('no command can name')
  expect(odd).not.toContain('lms import')
})

test('a Modelfile is as Ollama reads it, also where it cannot name the file', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const modelfile = async (name: string): Promise<string> => {
    const { runId } = doneRun(store, 'the weights', { name })
    const { files } = await service.call('run.export', { runId, extras: ['modelfile'] })
    return readFileSync(files[0]?.path ?? '', 'utf8')
  }
  expect(await modelfile('a\\b c.gguf')).toContain('\nFROM "./a\\b c.gguf"\n')
  expect(await modelfile('a\nb.gguf')).toMatch(/\n# Ollama cannot read .*\nFROM \.\/model\.gguf\n/)
})
