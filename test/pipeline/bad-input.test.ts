import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src-main/contract/errors.ts'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import type { Job } from '../../src-main/pipeline/job.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { DAMAGES, putNaN } from './damage.ts'
import { eventsOfJob, filesIn, finishJob, makeExample, ofKind, prepared, prepareJob, recipeOf, words } from './job-example.ts'
import type { JobExample, Prepared } from './job-example.ts'

let root: string
let sound: JobExample
let plan: Prepared
/** A copy of the sound example, to be spoiled: its model, and work folders with nothing in them. */
let example: JobExample

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'whittle-bad-input-'))
  await mkdir(join(root, 'sound'))
  sound = await makeExample(join(root, 'sound'), {}, 2)
  plan = await prepared(sound, recipeOf(sound))
})
afterAll(() => rm(root, { recursive: true, force: true }))

beforeEach(async () => {
  const copy = await mkdtemp(join(root, 'copy-'))
  const folders = { calibrations: join(copy, 'calibrations'), outputs: join(copy, 'outputs'), resources: sound.folders.resources }
  await mkdir(folders.calibrations)
  await mkdir(folders.outputs)
  await cp(sound.model, join(copy, 'model'), { recursive: true })
  example = { root: copy, model: join(copy, 'model'), folders }
})
afterEach(() => rm(example.root, { recursive: true, force: true }))

const finishing = (recipe: Recipe): Job =>
  finishJob(example, recipe, { ...plan, outPath: recipe.outPath ?? join(example.folders.outputs, 'out.gguf') })

/** Expects a job to be refused and every file to stay as it was. */
async function expectRefused(job: Job, code: ErrorCode, details: Record<string, unknown> = {}): Promise<void> {
  const before = await filesIn(example.root)
  await expectFailure(() => eventsOfJob(job), code, details)
  expect(await filesIn(example.root)).toEqual(before)
}

/** The same of a recipe that is prepared; says also that nothing was calibrated on the way. */
async function expectUnprepared(recipe: Recipe, code: ErrorCode, details: Record<string, unknown> = {}): Promise<void> {
  const calibrated: unknown[] = []
  const before = await filesIn(example.root)
  await expectFailure(
    () =>
      eventsOfJob(prepareJob(example, recipe), undefined, (event) => {
        if (event.kind === 'stage' && event.stage === 'calibrate') calibrated.push(event)
      }),
    code,
    details,
  )
  expect(calibrated).toEqual([])
  expect(await filesIn(example.root)).toEqual(before)
}

describe('a checkpoint that cannot be used', () => {
  it.each(DAMAGES)('$what: $code, and nothing is written', async ({ code, details, spoil }) => {
    await spoil(example.model)
    await expectUnprepared(recipeOf(example), code, details)
    await expectRefused(finishing(recipeOf(example)), code, details)
  })

  it.each([
    { where: 'an expert', tensor: 'model.layers.1.mlp.experts.2.down_proj.weight' },
    { where: 'the attention of the last layer', tensor: 'model.layers.1.self_attn.v_proj.weight' },
    { where: 'a row of the embedding no token asks for', tensor: 'model.embed_tokens.weight' },
    { where: 'the output matrix', tensor: 'lm_head.weight' },
  ])('NaN in $where: told by name while calibrating, nothing kept', async ({ tensor }) => {
    await putNaN(example.model, tensor, 70)
    await expectRefused(prepareJob(example, recipeOf(example)), 'tensor-not-finite', { tensor, index: expect.any(Number) })
  })

  it('NaN that came after the plan: no partial file is left, nothing could go on with it', async () => {
    await putNaN(example.model, 'model.layers.1.mlp.experts.2.down_proj.weight', 70)
    await expectRefused(finishing(recipeOf(example)), 'tensor-not-finite', { tensor: 'model.layers.1.mlp.experts.2.down_proj.weight' })
  })

  it('is not the one the run was planned for', async () => {
    await rm(example.model, { recursive: true })
    await writeTinyCheckpoint(example.model, { seed: 2, shards: 2, tokenizer: true })
    await expectRefused(finishing(recipeOf(example)), 'request-invalid', { reason: 'other-model' })
  })

  it('a chat template that does not work is carried over with a warning', async () => {
    const path = join(example.model, 'tokenizer_config.json')
    const config: unknown = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify({ ...Object(config), chat_template: '{% for message in messages %}' }))
    const events = await eventsOfJob(prepareJob(example, recipeOf(example), 'open'))
    expect(ofKind(events, 'opened')[0]?.model.chatTemplate).toBe(true)
    expect(
      ofKind(events, 'log')
        .filter(({ level }) => level === 'warn')
        .map(({ line }) => line.say),
    ).toContain('template-broken')
  })
})

describe('a budget that cannot be met', () => {
  it('names the smallest possible file', async () => {
    const budget = { kind: 'bits', bitsPerWeight: 0.5 } as const
    await expectUnprepared(recipeOf(example, { budget }), 'budget-too-small', {
      smallestBytes: expect.any(Number),
      originalBytes: plan.plan.originalBytes,
    })
    const error = await eventsOfJob(prepareJob(example, recipeOf(example, { budget }))).catch((failure: unknown) => failure)
    const smallest = Number(Object(error).details.smallestBytes)
    const { plan: smallestPlan } = await prepared(example, recipeOf(example, { budget: { kind: 'size', bytes: smallest } }))
    expect(smallestPlan.bytes).toBe(smallest)
    await expectFailure(
      () => eventsOfJob(prepareJob(example, recipeOf(example, { budget: { kind: 'size', bytes: smallest - 1 } }))),
      'budget-too-small',
      { smallestBytes: smallest },
    )
  })

  it('an unknown method', () => expectUnprepared(recipeOf(example, { method: 'wishing' }), 'method-unknown'))
})

describe('an output that cannot be written', () => {
  it('its folder is missing', async () => {
    const outPath = join(example.root, 'nowhere', 'out.gguf')
    await expectUnprepared(recipeOf(example, { outPath }), 'output-not-writable', { path: outPath, reason: 'ENOENT' })
    await expectRefused(finishing(recipeOf(example, { outPath })), 'output-not-writable', { path: outPath })
  })

  it('it is a folder', async () => {
    const outPath = example.folders.outputs
    await expectUnprepared(recipeOf(example, { outPath }), 'output-not-writable', { path: outPath, reason: 'EISDIR' })
    await expectUnprepared(recipeOf(example, { outPath, overwrite: true }), 'output-not-writable', { path: outPath, reason: 'EISDIR' })
  })

  it('its folder is a file', async () => {
    const outPath = join(example.root, 'a-file', 'out.gguf')
    await writeFile(join(example.root, 'a-file'), '')
    await expectUnprepared(recipeOf(example, { outPath }), 'output-not-writable', { path: outPath, reason: 'ENOTDIR' })
  })

  it.skipIf(process.platform !== 'linux')('its folder lets nobody write, not even root', async () => {
    await expectUnprepared(recipeOf(example, { outPath: '/proc/out.gguf' }), 'output-not-writable', { path: '/proc/out.gguf' })
  })

  it('it exists, unless it may be replaced', async () => {
    const outPath = join(example.root, 'there.gguf')
    await writeFile(outPath, 'GGUF, mine')
    await expectUnprepared(recipeOf(example, { outPath }), 'output-exists', { path: outPath })
    await expectRefused(finishing(recipeOf(example, { outPath })), 'output-exists', { path: outPath })
    expect((await prepared(example, recipeOf(example, { outPath, overwrite: true }))).outPath).toBe(outPath)
    expect(await readFile(outPath, 'utf8')).toBe('GGUF, mine')
  })

  it('it is something else than a GGUF file, also where it may be replaced', async () => {
    const outPath = join(example.root, 'letter.txt')
    for (const mine of ['Dear Ada', 'GG', '\0GGUF']) {
      await writeFile(outPath, mine)
      await expectUnprepared(recipeOf(example, { outPath, overwrite: true }), 'output-not-writable', {
        path: outPath,
        reason: 'not-a-gguf',
      })
      expect(await readFile(outPath, 'utf8')).toBe(mine)
    }
    await writeFile(outPath, '')
    expect((await prepared(example, recipeOf(example, { outPath, overwrite: true }))).outPath).toBe(outPath)
  })

  it('it is one of the files the run reads, however it is named, also where it may be replaced', async () => {
    const corpusPath = join(example.root, 'mine.txt')
    await writeFile(corpusPath, words(3, 700))
    await symlink(example.model, join(example.root, 'link'))
    const inside = [
      join(example.model, 'model-00001-of-00002.safetensors'),
      join(example.model, 'new.gguf'),
      join(example.root, 'link', 'new.gguf'),
    ]
    for (const outPath of inside) {
      await expectUnprepared(recipeOf(example, { outPath, overwrite: true }), 'output-not-writable', {
        path: outPath,
        reason: 'inside-the-model',
      })
    }
    for (const outPath of [example.model, join(example.root, 'link'), example.root]) {
      const folder = recipeOf(example, {
        outPath,
        overwrite: true,
        method: 'rtn',
        format: 'safetensors',
        budget: { kind: 'bits', bitsPerWeight: 3 },
      })
      await expectUnprepared(folder, 'output-not-writable', { path: outPath, reason: 'inside-the-model' })
    }
    await expectUnprepared(recipeOf(example, { outPath: corpusPath, corpusPath, overwrite: true }), 'output-not-writable', {
      path: corpusPath,
      reason: 'read-by-the-run',
    })
  })

  it('asking leaves the partial file of an earlier attempt as it is', async () => {
    const outPath = join(example.root, 'half.gguf')
    await writeFile(`${outPath}.partial`, 'half')
    await prepared(example, recipeOf(example, { outPath }))
    expect(await readFile(`${outPath}.partial`, 'utf8')).toBe('half')
  })

  it('the store has no room for calibrations because a file lies in its way', async () => {
    await rm(example.folders.calibrations, { recursive: true })
    await writeFile(example.folders.calibrations, 'in the way')
    await expectRefused(prepareJob(example, recipeOf(example)), 'work-folder-not-writable', { path: example.folders.calibrations })
  })
})

describe('a corpus that cannot be used', () => {
  const corpus = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(example.root, name), content)
    return join(example.root, name)
  }

  it('is not there', () =>
    expectUnprepared(recipeOf(example, { corpusPath: '/nowhere/text.txt' }), 'corpus-not-found', { path: '/nowhere/text.txt' }))

  it('is no text', async () => {
    const corpusPath = await corpus(
      'binary.txt',
      Uint8Array.from({ length: 5000 }, (_, i) => i % 256),
    )
    await expectUnprepared(recipeOf(example, { corpusPath }), 'corpus-invalid', { path: corpusPath, reason: 'not-utf8' })
  })

  it('is too short', async () => {
    const corpusPath = await corpus('short.txt', 'A few words.\nAnd no more.\n')
    await expectUnprepared(recipeOf(example, { corpusPath }), 'corpus-too-short', { path: corpusPath })
  })

  it('is a link to itself', async () => {
    await symlink(join(example.root, 'loop.txt'), join(example.root, 'loop.txt'))
    await expectUnprepared(recipeOf(example, { corpusPath: join(example.root, 'loop.txt') }), 'corpus-not-found')
  })

  it('is what the file is judged on', async () => {
    const corpusPath = await corpus('learned.txt', words(7, 600))
    const heldOutPath = await corpus('judged.txt', words(7, 600))
    await expectUnprepared(recipeOf(example, { corpusPath, heldOutPath }), 'corpus-overlap', {
      calibration: corpusPath,
      heldOut: heldOutPath,
      share: 1,
    })
    await expectRefused(finishing(recipeOf(example, { corpusPath, heldOutPath })), 'corpus-overlap')
  })
})

describe('a file to judge that is none', () => {
  it('is not there, is a text, is cut short', async () => {
    const cut = join(example.root, 'cut.gguf')
    await writeFile(cut, Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(20)]))
    for (const file of [join(example.root, 'nowhere.gguf'), join(example.model, 'config.json'), cut]) {
      await expectRefused({ kind: 'judge', recipe: recipeOf(example), folders: example.folders, file }, 'gguf-invalid', { path: file })
    }
  })
})
