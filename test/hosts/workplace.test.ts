import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { forkEngine } from '../../src-main/hosts/engine-process.ts'
import { openWorkplace, SOURCE_ROOT, type Workplace } from '../../src-main/hosts/workplace.ts'
import { bareHost, FAKE_ENGINE } from '../service/example-service.ts'
import { temporaryFolder } from '../store/example.ts'

function opened(programFolder: string, work: string | null): Workplace {
  const workplace = openWorkplace({ host: bareHost, spawn: () => forkEngine(FAKE_ENGINE), root: SOURCE_ROOT, work, programFolder })
  onTestFinished(() => workplace.close())
  return workplace
}

test('a program with the portable mark beside it keeps its data there', async () => {
  const program = temporaryFolder()
  writeFileSync(join(program, 'portable'), '')
  const { service } = opened(program, null)
  expect(await service.call('app.info', {})).toMatchObject({ portable: true, dataFolder: join(program, 'whittle-data') })
  expect(existsSync(join(program, 'whittle-data', 'whittle.db'))).toBe(true)
})

test('a work folder named by hand comes before the mark', async () => {
  const [program, work] = [temporaryFolder(), temporaryFolder()]
  mkdirSync(join(program, 'portable'))
  expect(await opened(program, work).service.call('app.info', {})).toMatchObject({ portable: false, dataFolder: work })
  expect(existsSync(join(program, 'whittle-data'))).toBe(false)
})

test('what is wrong with the settings stands in the log', async () => {
  const work = temporaryFolder()
  writeFileSync(join(work, 'settings.json'), '{"theme": 7}')
  expect(await opened(work, work).service.call('settings.get', {})).toMatchObject({ theme: 'system' })
  await expect.poll(() => readFileSync(join(work, 'logs', 'whittle.log'), 'utf8')).toContain('"theme" is not valid')
})

test('a call at work while the workplace closes still finds its store; later ones are refused', async () => {
  const { service, close } = opened(temporaryFolder(), temporaryFolder())
  const opening = service.call('model.open', { path: join(SOURCE_ROOT, 'resources', 'demo-model') })
  const closed = close()
  await expect(service.call('run.list', {})).rejects.toMatchObject({ code: 'app-closing' })
  expect(await opening).toMatchObject({ name: 'demo-model' })
  await closed
})
