// Every call that works on what it is given, with changed input, over a real store and a tiny model. Engines end at once.
import { join } from 'node:path'
import { CALLS, type CallName } from '../../../src-main/contract/calls.ts'
import { CALL_NAMES } from '../../../src-main/contract/wire.ts'
import { writeTinyCheckpoint } from '../../fixtures/tiny-checkpoint.ts'
import { exampleBundle } from '../example-bundle.ts'
import { exampleCalls } from '../example-calls.ts'
import { openIdleWorkplace } from '../idle-workplace.ts'
import { textOf, utf8 } from '../input.ts'
import { mutateJsonText } from '../mutate-json.ts'
import type { OpenTarget } from '../target.ts'

/** They look at the machine and all its folders, or wait for an engine. */
const LEFT_OUT: readonly CallName[] = [
  'host.pickFile',
  'host.pickFolder',
  'update.install',
  'model.find',
  'app.diagnostics',
  'app.info',
  'check.run',
  'device.list',
  'answer.start',
]

/** They do the most with what they are given. */
const OFTEN: readonly CallName[] = [
  'budget.explain',
  'method.cost',
  'method.fit',
  'budget.curve',
  'text.preview',
  'model.open',
  'run.annotate',
  'run.export',
  'settings.set',
  'bundle.import',
]

const WORDS = [
  'gguf',
  'safetensors',
  'safetensors-gptq',
  'safetensors-dense',
  'mc',
  'mobe',
  'rfid-moe',
  'gptq',
  'rtn',
  'svd',
  'svd-llm',
  'd2-moe',
  'moe-svd',
  'uniform',
  'measured-bits',
  'bits',
  'size',
  'percent',
  'vram',
  'remove',
  'bitsPerWeight',
  'vramBytes',
  'contextTokens',
  'bytes',
  'groupSize',
  'type',
  'Q4_K',
  'rounding',
  'feedback',
  'rank',
  'bases',
  'solver',
  'adam',
  'seed',
]

/** What stands for a place of this machine in an input, so that equal seeds make equal inputs. */
const [MODEL, FOLDER] = ['{model}', '{folder}']

/** Runs that are kept; the older ones are deleted. */
const MOST_RUNS = 50

export const openTarget: OpenTarget = async (place) => {
  const [model, folder] = [join(place, 'model'), join(place, 'out')]
  await writeTinyCheckpoint(model, { tokenizer: true })
  const { service, close } = openIdleWorkplace(join(place, 'work'))
  const {
    imported: [run],
  } = await service.call('bundle.import', { bundle: exampleBundle() })
  const inputs = exampleCalls({ model: MODEL, run: '{run}', folder: FOLDER })
  const names = CALL_NAMES.filter((name) => !LEFT_OUT.includes(name))
  const forget = async (): Promise<void> => {
    const ended = (await service.call('run.list', {})).filter(
      ({ id, state }) => id !== run?.id && state !== 'preparing' && state !== 'running',
    )
    const old = ended.slice(MOST_RUNS)
    for (const { id } of old) await service.call('run.delete', { runId: id, deleteFile: false })
  }
  return {
    make(chance) {
      const name = chance.pick(chance.happens(0.5) ? OFTEN : names)
      return { name: utf8(name), input: utf8(mutateJsonText(chance, inputs[name] ?? {}, { words: [...WORDS, MODEL, '{run}'], most: 2 })) }
    },
    async run(input) {
      const name = textOf(input, 'name') as CallName
      const text = textOf(input, 'input')
        .replaceAll(MODEL, model)
        .replaceAll(FOLDER, folder)
        .replaceAll('{run}', run?.id ?? '')
      let value: object
      try {
        value = JSON.parse(text) as object
      } catch {
        return // a page sends what it could read
      }
      if (name === 'settings.set') value = { ...value, outputFolder: folder, calibrationFolder: null }
      CALLS[name].output.parse(await service.call(name, value as never))
      await forget()
    },
    close,
  }
}
