import type { FormatName } from '../../src-main/contract/recipe.ts'
import { modelfilePath, shellWord } from '../../src-main/contract/shell-words.ts'
import { t } from '../locales/i18n.ts'

/** One way to run the finished file. */
export interface HowTo {
  readonly id: string
  readonly title: string
  readonly sentence: string
  readonly commands: readonly { readonly what: string; readonly text: string }[]
  /** Which terminal the lines are for where that matters, or why there are none. */
  readonly note?: string
}

/** A name Ollama accepts, made from a file name. */
export function ollamaName(path: string): string {
  const base = (path.split(/[\\/]/).pop() ?? path).replace(/\.gguf$/i, '')
  return (
    base
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'whittled'
  )
}

/** What was written, and where. */
export interface Written {
  readonly path: string
  readonly format: FormatName
  readonly contextTokens: number
  /** Layers for the card, as llama.cpp counts them. */ readonly gpuLayers: number
  readonly platform: string
}

/** How to run what was written in the programs that load it. */
export function howToUse(written: Written): HowTo[] {
  switch (written.format) {
    case 'gguf':
      return ggufWays(written)
    case 'safetensors':
      return [transformers(written.path, t('result.useOwnCode'), true), generate()]
    case 'safetensors-gptq':
      return [gptqModel(written.path), generate()]
    case 'safetensors-dense':
      return [transformers(written.path, t('result.useDense'), false), generate()]
  }
}

function transformers(path: string, sentence: string, ownCode: boolean): HowTo {
  const text = [
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    '',
    `path = ${pythonText(path)}`,
    'tokenizer = AutoTokenizer.from_pretrained(path)',
    `model = AutoModelForCausalLM.from_pretrained(path, dtype="auto"${ownCode ? ', trust_remote_code=True' : ''})`,
  ].join('\n')
  return {
    id: 'transformers',
    title: 'transformers',
    sentence,
    commands: [
      { what: t('result.install'), text: 'pip install transformers torch' },
      { what: t('result.load'), text },
    ],
  }
}

function gptqModel(path: string): HowTo {
  const text = ['from gptqmodel import GPTQModel', '', `model = GPTQModel.load(${pythonText(path)})`, 'tokenizer = model.tokenizer'].join(
    '\n',
  )
  return {
    id: 'gptqmodel',
    title: 'GPTQModel',
    sentence: t('result.useGptq'),
    commands: [
      { what: t('result.install'), text: 'pip install gptqmodel' },
      { what: t('result.load'), text },
    ],
  }
}

/** The same for every loader, once a model and a tokenizer are there. */
function generate(): HowTo {
  const text = [
    'inputs = tokenizer("The old lighthouse keeper", return_tensors="pt").to(model.device)',
    'output = model.generate(**inputs, max_new_tokens=50)',
    'print(tokenizer.decode(output[0]))',
  ].join('\n')
  return {
    id: 'generate',
    title: t('result.writeText'),
    sentence: t('result.useLoaded'),
    commands: [{ what: t('result.continueText'), text }],
  }
}

/** A Python string literal. */
function pythonText(path: string): string {
  return JSON.stringify(path)
}

/** A path as the lines on this machine name it; null where no line can. */
function pathWord(path: string, windows: boolean): { readonly text: string; readonly note?: string } | null {
  const text = shellWord(windows ? 'powershell' : 'posix', path)
  if (text === null) return null
  if (!windows) return { text }
  return { text, note: t(shellWord('cmd', path) === text ? 'result.anyWindowsTerminal' : 'result.powershellOnly') }
}

function ggufWays({ path, contextTokens, gpuLayers, platform }: Written): HowTo[] {
  const word = pathWord(path, platform === 'win32')
  const from = modelfilePath(path)
  const titles = [
    { id: 'llama', title: 'llama.cpp', sentence: t('result.useLlama') },
    { id: 'ollama', title: 'Ollama', sentence: t('result.useOllama') },
    { id: 'lmstudio', title: 'LM Studio', sentence: t('result.useLmStudio') },
  ] as const
  if (word === null || from === null) return titles.map((way) => ({ ...way, commands: [], note: t('result.pathNotForCommands') }))
  const name = ollamaName(path)
  const [llama, ollama, lmStudio] = titles
  return [
    {
      ...llama,
      note: word.note,
      commands: [
        { what: t('result.chat'), text: `llama-cli -m ${word.text} -c ${contextTokens} -ngl ${gpuLayers}` },
        { what: t('result.serve'), text: `llama-server -m ${word.text} -c ${contextTokens} -ngl ${gpuLayers}` },
      ],
    },
    {
      ...ollama,
      commands: [
        {
          what: 'Modelfile',
          text: `FROM ${from}\nPARAMETER num_ctx ${contextTokens}${gpuLayers === 99 ? '' : `\nPARAMETER num_gpu ${gpuLayers}`}`,
        },
        { what: t('result.createAndRun'), text: `ollama create ${name} -f Modelfile\nollama run ${name}` },
      ],
    },
    { ...lmStudio, note: word.note, commands: [{ what: t('result.import'), text: `lms import ${word.text}` }] },
  ]
}
