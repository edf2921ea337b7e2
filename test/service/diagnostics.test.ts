import { writeFileSync } from 'node:fs'
import { homedir, hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SOURCE_ROOT } from '../../src-main/hosts/workplace.ts'
import { withoutPrivate, type Private } from '../../src-main/service/private-text.ts'
import { rememberModel } from '../../src-main/store/recent-models.ts'
import { changeRun, createRun, setState } from '../../src-main/store/runs.ts'
import { model, recipe, temporaryFolder } from '../store/example.ts'
import { DEMO_MODEL, exampleWorkplace } from './example-service.ts'

const NOBODY: Private = {
  program: '/opt/whittle',
  folders: ['/data/My Own Models'],
  user: 'ann',
  host: 'box-7.lan',
  names: ['Moonlight-16B'],
}

test.each([
  ['cannot read /home/ann/secret plans/x.gguf', 'cannot read <path>'],
  ['in x/data/My Own Models/secret one/a and on', 'in x<path> and on'],
  ['C:\\Users\\ann\\x y\\z.txt: locked', '<path>: locked'],
  ['at run (file:///opt/whittle/src-main/store/runs.ts:7:3)', 'at run (src-main/store/runs.ts:7:3)'],
  ['at /opt/whittle/node_modules/ws/lib/x.js:1', 'at node_modules/ws/lib/x.js:1'],
  ['opened secret-project.gguf and config.json', 'opened <file> and config.json'],
  ['Ann of BOX-7.lan, on box-7; annual', '<user> of <host>, on <host>; annual'],
  ['Authorization: Bearer abc.def-ghi', 'Authorization: <token> <token>'],
  ['hf_abcdefgh12 sk-12345678 ghp_abcdefgh', '<token> <token> <token>'],
  ['{"token":"short"} password = hunter2;', '{"token":"<token>"} password = <token>;'],
  ['key 0123456789abcdef0123456789abcdef', 'key <token>'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0', '<token>'],
  ['see https://host.example/x?key=1 or ask ann.lee@mail.example', 'see <address> or ask <mail>'],
  ['Moonlight-16b gave NaN', '<name> gave NaN'],
])('%s', (text, expected) => {
  expect(withoutPrivate(text, NOBODY)).toBe(expected)
})

test.each([
  'model.layers.0.mlp.experts.17.gate_proj',
  'quality 12 tokens/s at 3.5 bits',
  'calibrationFolder: null',
  'collectLayerStatisticsOfExperts failed',
  'device: webgpu',
])("what is nobody's stays: %s", (text) => {
  expect(withoutPrivate(text, NOBODY)).toBe(text)
})

test('a report tells of program, machine and failures, and of nothing that was planted', async () => {
  const { service, dependencies } = exampleWorkplace()
  const { store } = dependencies
  const planted = {
    model: join(homedir(), 'Client Work', 'acme-merger-8x7'),
    folder: temporaryFolder(),
    token: 'hf_QwErTyUiOpAsDfGh',
    key: 'AKIA4455667788990011aa',
    mail: 'ann@acme.example',
    file: 'boardroom.gguf',
    corpus: 'minutes-of-the-board.txt',
  }
  const run = createRun(store, recipe({ modelPath: planted.model, corpusPath: join(planted.folder, planted.corpus) }))
  changeRun(store, run, { model: { ...model, name: 'acme-merger-8x7' }, stage: 'compress' })
  setState(store, run, 'failed', { code: 'disk-full', message: planted.file, details: { path: planted.model } })
  rememberModel(store, DEMO_MODEL, 'demo')
  store.settings.change({ modelFolders: [planted.folder], outputFolder: planted.folder, threads: 3 })
  const lines = Array.from({ length: 300 }, (_, i) => `line ${i}`)
  writeFileSync(
    join(store.folders.logs, 'whittle.log'),
    [
      ...lines,
      `${userInfo().username}@${hostname()} opened ${planted.model}/${planted.file}`,
      `Authorization: Bearer ${planted.token}`,
      `key=${planted.key} for ${planted.mail}`,
      `ENOENT: no such file, open '${join(store.folders.outputs, planted.file)}'`,
      `run-not-found {"path":"${join(planted.folder, 'deep er', planted.corpus)}"}`,
      `    at readRun (${SOURCE_ROOT}src-main/store/runs.ts:64:9)`,
      '',
    ].join('\n'),
  )
  const { text } = await service.call('app.diagnostics', {})
  for (const secret of [
    ...Object.values(planted),
    'Client Work',
    'acme',
    'boardroom',
    'minutes',
    homedir(),
    store.folders.root,
    hostname(),
  ])
    expect(text).not.toContain(secret)
  expect(text).not.toMatch(new RegExp(`(?<![\\p{L}\\p{N}])${userInfo().username}(?![\\p{L}\\p{N}])`, 'u'))
  for (const fact of [
    /whittle \d+\.\d+\.\d+ \(web\)/,
    /onnxruntime \d+\.\d+/,
    /node \d+/,
    /cpu: available, made up, 1\.5 GFLOP\/s/,
    /kernels: (native|reference)/,
    /modelFolders: 1 folders/,
    /outputFolder: set/,
    /threads: 3/,
    /failed: 1/,
    /failed at compress: disk-full/,
    /Log, last 200 lines/,
    /line 299/,
    /at readRun \(src-main\/store\/runs\.ts:64:9\)/,
  ])
    expect(text).toMatch(fact)
  expect(text).not.toContain('line 99\n')
})

test('a report of a fresh install says that there is nothing', async () => {
  const { text } = await exampleWorkplace().service.call('app.diagnostics', {})
  expect(text).toMatch(/## Runs\nnone/)
  expect(text).toMatch(/## Log, last 0 lines\nnone/)
})
